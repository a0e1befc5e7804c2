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
    /// A limiter with the limit of the configuration.
    #[must_use]
    pub fn new(database: &SqliteDatabase) -> Self {
        let config = database.config();
        let limit = AttemptLimit { max_failures: config.login_limit, window: config.login_window };
        Self { database: database.clone(), limit }
    }
}

#[async_trait]
impl LoginLimiter for SqliteLoginLimiter {
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

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        let now = request_time.now();
        self.database.write(request_time, move |connection| statements::clear(connection, email, now)).await
    }
}
