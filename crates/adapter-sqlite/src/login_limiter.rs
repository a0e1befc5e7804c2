//! The limit on failed logins.

mod statements;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use auth_domain::model::attempt_window::AttemptLimit;
use auth_domain::model::{LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket};
use auth_domain::ports::{LoginLimiter, PortError};

use crate::database::SqliteDatabase;

/// The [`LoginLimiter`] in the embedded database: one row per attempt and limit key.
#[derive(Clone)]
pub struct SqliteLoginLimiter {
    database: SqliteDatabase,
    limit: AttemptLimit,
}

impl SqliteLoginLimiter {
    /// A limiter in an open database.
    #[must_use]
    pub fn new(database: &SqliteDatabase, limit: AttemptLimit) -> Self {
        database.set_login_window(limit.window);
        Self { database: database.clone(), limit }
    }
}

#[async_trait]
impl LoginLimiter for SqliteLoginLimiter {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let (attempt, limit, now) = (*attempt, self.limit, request_time.now());
        self.database
            .write(request_time, move |connection| statements::reserve(connection, &attempt, limit, now))
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let (ticket, now) = (*ticket, request_time.now());
        self.database
            .write(request_time, move |connection| statements::settle(connection, &ticket, outcome, now))
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        let now = request_time.now();
        self.database.write(request_time, move |connection| statements::clear(connection, email, now)).await
    }
}
