//! The limit on failed logins.

mod attempts;
mod steps;

use async_trait::async_trait;
use auth_domain::model::{
    LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket, to_unix_microseconds,
};
use auth_domain::ports::{LoginLimiter, PortError};

use crate::database::SqliteDatabase;
use crate::login_limiter::attempts::Rule;

/// The [`LoginLimiter`] in the embedded database: one row per attempt and axis.
#[derive(Clone)]
pub struct SqliteLoginLimiter {
    database: SqliteDatabase,
    rule: Rule,
}

impl SqliteLoginLimiter {
    /// Uses an open database and the limit in its configuration.
    #[must_use]
    pub fn new(database: &SqliteDatabase) -> Self {
        Self { database: database.clone(), rule: Rule::new(database.config()) }
    }
}

#[async_trait]
impl LoginLimiter for SqliteLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let (attempt, rule, now) = (*attempt, self.rule, to_unix_microseconds(request_time.now()));
        self.database
            .write(request_time, move |connection| steps::reserve(connection, attempt, rule, now))
            .await
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let (attempt, now) = (ticket.attempt, to_unix_microseconds(request_time.now()));
        self.database
            .write(request_time, move |connection| steps::settle(connection, attempt, outcome, now))
            .await
    }

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        let now = to_unix_microseconds(request_time.now());
        self.database
            .write(request_time, move |connection| steps::forget_failures(connection, email, now))
            .await
    }
}
