//! Sessions and their refresh tokens.

mod ending;
mod listing;
mod opening;
mod revocation;
mod rotation;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, NewSession, RequestTime, Rotate, Rotation, SessionSummary, UserId,
    to_microseconds,
};
use auth_domain::ports::{PortError, SessionStore};

use crate::store::RedisStore;

/// The [`SessionStore`] in Redis: a hash for each session, a key for its live refresh token.
///
/// Which access tokens a session has is known only once it has ended, so the end has two steps: the session ends and
/// is pending, then its access tokens are denylisted. A call returns after both;
/// whoever meets a pending session completes the second.
#[derive(Clone)]
pub struct RedisSessionStore {
    store: RedisStore,
}

impl RedisSessionStore {
    /// Uses a store.
    #[must_use]
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone() }
    }

    /// How long beyond its end an access token is remembered, in microseconds.
    fn margin(&self) -> i64 {
        to_microseconds(self.store.config().denylist_margin)
    }

    /// How long an ended session is remembered: until its last access token is dead.
    fn tombstone(&self) -> i64 {
        to_microseconds(self.store.config().access_ttl).saturating_add(self.margin())
    }
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        self.open_session(session, request_time).await
    }

    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        self.rotate_token(rotate, request_time).await
    }

    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        self.end_session(end, request_time).await
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        self.end_sessions(user_id, reason, request_time).await
    }

    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        self.list_sessions(user_id, request_time).await
    }
}
