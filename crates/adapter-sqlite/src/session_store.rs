//! Sessions and their refresh tokens.

mod live_tokens;
mod row;
mod statements;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, NewSession, RequestTime, Rotate, Rotation, SessionSummary, UserId,
};
use auth_domain::ports::{PortError, SessionStore};

use crate::database::SqliteDatabase;
use statements::At;

/// The [`SessionStore`] in the embedded database: one row per session, changed in place.
///
/// Each call is one transaction, the denylisting of access tokens included, so no call is ever half
/// done and there is nothing that a repeat would have to complete.
#[derive(Clone)]
pub struct SqliteSessionStore {
    database: SqliteDatabase,
}

impl SqliteSessionStore {
    /// Uses an open database.
    #[must_use]
    pub fn new(database: &SqliteDatabase) -> Self {
        Self { database: database.clone() }
    }

    fn at(&self, request_time: RequestTime) -> At {
        At { now: request_time.now(), denylist_margin: self.database.config().denylist_margin }
    }
}

#[async_trait]
impl SessionStore for SqliteSessionStore {
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        let (session, at) = (session.clone(), self.at(request_time));
        self.database.write(request_time, move |connection| statements::open(connection, &session, at)).await
    }

    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        let (rotate, at) = (rotate.clone(), self.at(request_time));
        self.database.write(request_time, move |connection| statements::rotate(connection, &rotate, at)).await
    }

    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        let (end, at) = (end.clone(), self.at(request_time));
        self.database.write(request_time, move |connection| statements::end(connection, &end, at)).await
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        let at = self.at(request_time);
        self.database
            .write(request_time, move |connection| statements::end_all(connection, user_id, reason, at))
            .await
    }

    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        let now = request_time.now();
        self.database.read(request_time, move |connection| statements::list(connection, user_id, now)).await
    }
}
