//! Sessions and their refresh tokens.

mod ending;
mod listing;
mod live_tokens;
mod opening;
mod rotation;
mod row;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, NewSession, RequestTime, Rotate, Rotation, SessionSummary, UserId,
    to_microseconds, to_unix_microseconds,
};
use auth_domain::ports::{PortError, SessionStore};

use crate::database::SqliteDatabase;

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

    fn moment(&self, request_time: RequestTime) -> Moment {
        Moment {
            now: to_unix_microseconds(request_time.now()),
            margin: to_microseconds(self.database.config().denylist_margin),
        }
    }
}

/// When a step happens, and how long beyond its life a token is denylisted; both in microseconds.
#[derive(Clone, Copy)]
struct Moment {
    now: i64,
    margin: i64,
}

#[async_trait]
impl SessionStore for SqliteSessionStore {
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        let (session, moment) = (session.clone(), self.moment(request_time));
        self.database.write(request_time, move |connection| opening::open(connection, &session, moment)).await
    }

    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        let (rotate, moment) = (rotate.clone(), self.moment(request_time));
        self.database
            .write(request_time, move |connection| rotation::rotate(connection, &rotate, moment))
            .await
    }

    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        let (end, moment) = (end.clone(), self.moment(request_time));
        self.database.write(request_time, move |connection| ending::end_named(connection, &end, moment)).await
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        let moment = self.moment(request_time);
        self.database
            .write(request_time, move |connection| ending::end_all(connection, user_id, reason, moment))
            .await
    }

    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        let now = to_unix_microseconds(request_time.now());
        self.database.read(request_time, move |connection| listing::list(connection, user_id, now)).await
    }
}
