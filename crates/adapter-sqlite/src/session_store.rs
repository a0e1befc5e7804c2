//! Sessions and their refresh tokens.

mod correcting;
mod live_tokens;
mod refresh_minutes;
mod row;
mod save;
mod statements;

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, NewSession, RequestTime, Rotate, Rotation, SessionSummary, UserId,
};
use auth_domain::observation::Operation;
use auth_domain::ports::{PortError, SessionStore};

use crate::database::SqliteDatabase;
use statements::At;

pub(crate) use correcting::{CorrectedFrom, correct_session};

/// The [`SessionStore`] in the embedded database: one row per session, changed in place.
///
/// Each call is one transaction, which also writes to the denylist. So no end is ever pending.
#[derive(Clone)]
pub struct SqliteSessionStore {
    database: SqliteDatabase,
    denylist_margin: Duration,
}

impl SqliteSessionStore {
    /// A session store in an open database.
    ///
    /// # Parameters
    /// - `denylist_margin`: the margin of the denylist in the same database.
    #[must_use]
    pub fn new(database: &SqliteDatabase, denylist_margin: Duration) -> Self {
        Self { database: database.clone(), denylist_margin }
    }

    fn at(&self, request_time: RequestTime) -> At {
        let denylist_margin = self.denylist_margin;
        // If the clock is ahead by mistake, access tokens seem to be expired that are valid again once it is corrected.
        let live_margin = denylist_margin.saturating_add(self.database.clock_ahead());
        At { now: request_time.now(), denylist_margin, live_margin }
    }
}

#[async_trait]
impl SessionStore for SqliteSessionStore {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        let (session, at) = (session.clone(), self.at(request_time));
        self.database
            .write(Operation::Open, request_time, move |connection| {
                statements::open(connection, &session, at)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        let (rotate, at) = (rotate.clone(), self.at(request_time));
        self.database
            .write(Operation::Rotate, request_time, move |connection| {
                statements::rotate(connection, &rotate, at)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        let (end, at) = (end.clone(), self.at(request_time));
        self.database
            .write(Operation::End, request_time, move |connection| statements::end(connection, &end, at))
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        let at = self.at(request_time);
        self.database
            .write(Operation::EndAll, request_time, move |connection| {
                statements::end_all(connection, user_id, reason, at)
            })
            .await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        let now = request_time.now();
        self.database
            .read(Operation::List, request_time, move |connection| statements::list(connection, user_id, now))
            .await
    }
}
