//! The end of sessions that no client knows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    EndReason, EndSession, Ending, Event, NewSession, RequestTime, Rotate, Rotation, SessionRef,
    SessionSummary, UserId,
};
use auth_domain::ports::{Clock, PortError, PortErrorKind, SessionStore, start_request};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::background_retries::{ATTEMPT_TIMEOUT, BackgroundRetries, GivenUp};

#[cfg(test)]
mod tests;

/// A [`SessionStore`] that undoes openings whose answer stays lost: it ends these sessions in the background.
///
/// The client of such a call got a 503, so no client has the tokens. Without the end, the session would take a place of its
/// user until it expires.
pub(crate) struct UndoingSessionStore {
    store: Arc<dyn SessionStore>,
    undo: Arc<SessionUndo>,
}

/// The ends of such sessions, which outlive the request and the worker that opened them.
pub(crate) struct SessionUndo {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    retries: BackgroundRetries,
}

impl UndoingSessionStore {
    /// Opens sessions in `store`, and undoes openings with `undo`.
    pub(crate) fn new(store: Arc<dyn SessionStore>, undo: Arc<SessionUndo>) -> Self {
        Self { store, undo }
    }
}

impl SessionUndo {
    /// Ends sessions of `store` in tasks of `runtime`, until `stopping`.
    ///
    /// # Parameters
    /// - `access_ttl`: the lifetime of access tokens, after which an end is not repeated any more.
    pub(crate) fn new(
        store: Arc<dyn SessionStore>,
        clock: Arc<dyn Clock>,
        access_ttl: Duration,
        runtime: Handle,
        stopping: CancellationToken,
    ) -> Self {
        Self { store, clock, retries: BackgroundRetries::new(runtime, stopping, access_ttl) }
    }

    /// Ends the session after the deadline of its opening: before, the store could still open it.
    fn spawn(&self, session: SessionRef, request_time: RequestTime) {
        let pause = request_time.deadline().saturating_duration_since(self.clock.instant());
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let attempt = move || {
            let (store, clock) = (store.clone(), clock.clone());
            async move {
                let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
                // An unknown session was not opened.
                store.end(&end, start_request(&*clock, ATTEMPT_TIMEOUT)).await.is_ok()
            }
        };
        self.retries.spawn(pause, attempt, move |reason| not_ended(session, reason));
    }
}

#[async_trait]
impl SessionStore for UndoingSessionStore {
    async fn open(&self, session: &NewSession, request_time: RequestTime) -> Result<(), PortError> {
        let opened = self.store.open(session, request_time).await;
        if is_outcome_unknown(&opened) {
            self.undo.spawn(session.refresh_token.session, request_time);
        }
        opened
    }

    async fn rotate(&self, rotate: &Rotate, request_time: RequestTime) -> Result<Rotation, PortError> {
        self.store.rotate(rotate, request_time).await
    }

    async fn end(&self, end: &EndSession, request_time: RequestTime) -> Result<Ending, PortError> {
        self.store.end(end, request_time).await
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        self.store.end_all(user_id, reason, request_time).await
    }

    async fn list(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        self.store.list(user_id, request_time).await
    }
}

fn is_outcome_unknown(opened: &Result<(), PortError>) -> bool {
    match opened.as_ref().map_err(PortError::kind) {
        Err(PortErrorKind::Unanswered) => true,
        Ok(())
        | Err(
            PortErrorKind::Unavailable
            | PortErrorKind::Overloaded
            | PortErrorKind::Corrupt
            | PortErrorKind::Misconfigured,
        ) => false,
    }
}

fn not_ended(SessionRef { user_id, session_id }: SessionRef, reason: GivenUp) {
    let reason = match reason {
        GivenUp::TooMany => "too_many",
        GivenUp::TimedOut => "timed_out",
        GivenUp::Stopping => "stopping",
    };
    warn!(event = Event::UnclaimedSession.name(), %user_id, %session_id, reason, "a session that no client knows may stay until it expires");
}
