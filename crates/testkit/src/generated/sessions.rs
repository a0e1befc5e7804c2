//! Comparison of a session store with the rules.

use async_trait::async_trait;
use auth_domain::model::{RefreshMinute, RequestTime, SessionRecord, SessionRef, UserId};
use auth_domain::ports::{Denylist, PortError, SessionStore};
use futures_util::future::BoxFuture;
use time::OffsetDateTime;

use super::check::check;
use super::comparison::Comparison;
use super::session_calls::{SessionCall, session_calls};
use super::session_model::SessionAnswer;
use crate::{START, request_time_at};

/// A session store to compare with the rules.
#[async_trait]
pub trait SessionSubject: Send + Sync {
    /// The store.
    fn sessions(&self) -> &dyn SessionStore;

    /// The denylist of the store, with the margin [`DENYLIST_MARGIN`](crate::DENYLIST_MARGIN).
    fn denylist(&self) -> &dyn Denylist;

    /// The stored record of a session, read without the port, with its access tokens in any order; `None` if there is none.
    async fn record(&self, session: SessionRef) -> Option<SessionRecord>;

    /// The stored minute with refreshes of a user, read without the port; `None` if there is none.
    async fn user_minute(&self, user_id: UserId) -> Option<RefreshMinute>;

    /// Whether a full session releases its oldest access token in the same operation, if the call allows it.
    fn releases_oldest(&self) -> bool {
        true
    }

    /// Whether [`lose_answer`](Self::lose_answer) loses answers of the server. Otherwise each call of the store with a lost answer
    /// is made twice.
    fn loses_answers(&self) -> bool {
        false
    }

    /// Makes a call to the store, loses the first answer of the server, and returns the answer of the store, which repeats the call.
    async fn lose_answer(
        &self,
        call: BoxFuture<'_, Result<SessionAnswer, PortError>>,
    ) -> Result<SessionAnswer, PortError> {
        call.await
    }

    /// When the store noticed that the server of a user's sessions may have gone back to an older state; `None` if it did not.
    fn went_back_at(&self, _user: UserId) -> Option<OffsetDateTime> {
        None
    }

    /// The time of the first call of every sequence, in whole microseconds.
    fn start(&self) -> OffsetDateTime {
        START
    }

    /// The request time at `now`.
    fn request_time(&self, now: OffsetDateTime) -> RequestTime {
        request_time_at(now)
    }
}

/// Runs generated sequences on the rules and on a store.
///
/// # Panics
/// If an outcome, a record or the denylist differs.
pub async fn compare_sessions(sequences: u32, subject: &dyn SessionSubject) {
    check(sequences, session_calls(), async |calls: Vec<SessionCall>| {
        let mut comparison = Comparison::new(subject);
        for call in &calls {
            comparison.step(call).await?;
        }
        comparison.compare_denylist().await
    })
    .await;
}
