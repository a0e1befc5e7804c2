//! The limit on failed logins.

mod daily_counts;
mod records;
mod statements;
mod successes;
mod windows;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use auth_domain::model::attempt_window::LoginLimits;
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket,
};
use auth_domain::observation::Operation;
use auth_domain::ports::{LoginLimiter, PortError};

use crate::database::SqliteDatabase;

pub(crate) use daily_counts::count_daily_from;

/// The [`LoginLimiter`] in the embedded database: one row per attempt and limit key, per known address, and per email in the
/// daily count.
#[derive(Clone)]
pub struct SqliteLoginLimiter {
    database: SqliteDatabase,
    limits: LoginLimits,
}

impl SqliteLoginLimiter {
    /// A limiter in an open database.
    #[must_use]
    pub fn new(database: &SqliteDatabase, limits: LoginLimits) -> Self {
        database.set_login_retention(limits.window, limits.known_for);
        Self { database: database.clone(), limits }
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
        let (attempt, limits, now) = (*attempt, self.limits, request_time.now());
        self.database
            .write(Operation::Reserve, request_time, move |connection| {
                statements::reserve(connection, &attempt, &limits, now)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let (ticket, limits, now) = (*ticket, self.limits, request_time.now());
        self.database
            .write(Operation::Settle, request_time, move |connection| {
                statements::settle(connection, &ticket, outcome, &limits, now)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn clear(&self, cleared: ClearedLimit, request_time: RequestTime) -> Result<(), PortError> {
        let now = request_time.now();
        self.database
            .write(Operation::Clear, request_time, move |connection| {
                statements::clear(connection, cleared, now)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn forget_addresses(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        let now = request_time.now();
        self.database
            .write(Operation::ForgetAddresses, request_time, move |connection| {
                statements::forget_addresses(connection, email, now)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn status(
        &self,
        email: LimitKey,
        request_time: RequestTime,
    ) -> Result<EmailLimitStatus, PortError> {
        let (limits, now) = (self.limits, request_time.now());
        self.database
            .read(Operation::Status, request_time, move |connection| {
                statements::status(connection, email, &limits, now)
            })
            .await
    }
}
