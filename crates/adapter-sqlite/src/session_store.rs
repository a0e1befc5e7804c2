//! Sessions and their refresh tokens.

mod ending;
mod listing;
mod live_tokens;
mod opening;
mod rotation;
mod row;

use async_trait::async_trait;
use auth_domain::model::{EndReason, SessionSummary, Timing, UserId, micros, span_in_micros};
use auth_domain::ports::{EndSession, Ending, NewSession, PortError, Rotate, Rotation, SessionStore};

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

    fn moment(&self, timing: Timing) -> Moment {
        Moment { now: micros(timing.now()), margin: span_in_micros(self.database.config().denylist_margin) }
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
    async fn open(&self, session: &NewSession, timing: Timing) -> Result<(), PortError> {
        let (session, moment) = (session.clone(), self.moment(timing));
        self.database.write(timing, move |connection| opening::open(connection, &session, moment)).await
    }

    async fn rotate(&self, rotate: &Rotate, timing: Timing) -> Result<Rotation, PortError> {
        let (rotate, moment) = (rotate.clone(), self.moment(timing));
        self.database.write(timing, move |connection| rotation::rotate(connection, &rotate, moment)).await
    }

    async fn end(&self, end: &EndSession, timing: Timing) -> Result<Ending, PortError> {
        let (end, moment) = (end.clone(), self.moment(timing));
        self.database.write(timing, move |connection| ending::end_named(connection, &end, moment)).await
    }

    async fn end_all(&self, user_id: UserId, reason: EndReason, timing: Timing) -> Result<usize, PortError> {
        let moment = self.moment(timing);
        self.database
            .write(timing, move |connection| ending::end_all(connection, user_id, reason, moment))
            .await
    }

    async fn list(&self, user_id: UserId, timing: Timing) -> Result<Vec<SessionSummary>, PortError> {
        let now = micros(timing.now());
        self.database.read(timing, move |connection| listing::list(connection, user_id, now)).await
    }
}
