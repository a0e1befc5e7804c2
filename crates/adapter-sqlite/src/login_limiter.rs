//! The limit on failed logins.

mod attempts;
mod steps;

use async_trait::async_trait;
use auth_domain::model::{AxisKey, LoginAttempt, Timing, micros};
use auth_domain::ports::{LoginLimiter, PortError, Reservation, Settlement, Ticket};

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
    async fn reserve(&self, attempt: &LoginAttempt, timing: Timing) -> Result<Reservation, PortError> {
        let (attempt, rule, now) = (*attempt, self.rule, micros(timing.now()));
        self.database.write(timing, move |connection| steps::reserve(connection, attempt, rule, now)).await
    }

    async fn settle(&self, ticket: &Ticket, outcome: Settlement, timing: Timing) -> Result<(), PortError> {
        let (attempt, now) = (ticket.attempt, micros(timing.now()));
        self.database.write(timing, move |connection| steps::settle(connection, attempt, outcome, now)).await
    }

    async fn clear(&self, email: AxisKey, timing: Timing) -> Result<(), PortError> {
        let now = micros(timing.now());
        self.database.write(timing, move |connection| steps::forget_failures(connection, email, now)).await
    }
}
