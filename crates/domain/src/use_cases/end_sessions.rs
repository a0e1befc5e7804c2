//! Ending sessions for an administrator or the HookSentry platform.

use std::sync::Arc;

use thiserror::Error;

use crate::model::{EndReason, EndSession, Ending, RequestTime, SessionRef, UserId};
use crate::ports::{PortError, SessionStore};

#[cfg(test)]
mod tests;

/// Ends one session of a user, or all of them. Repeating it is safe.
pub struct EndSessions {
    /// The store of sessions.
    pub sessions: Arc<dyn SessionStore>,
}

/// A session that could not be ended.
#[derive(Debug, Error)]
pub enum EndSessionsError {
    /// The user has no such session; nothing was changed.
    #[error("the user has no such session; list the sessions of the user, and choose one of them")]
    UnknownSession,
    /// A port failed. Access tokens of the session may still be valid; repeat the call.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl EndSessions {
    /// Ends one session and revokes its access tokens.
    ///
    /// # Errors
    /// [`EndSessionsError`].
    pub async fn one(
        &self,
        session: SessionRef,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<(), EndSessionsError> {
        let end = EndSession { session, reason, also_revoke: None };
        match self.sessions.end(&end, request_time).await? {
            Ending::Ended => Ok(()),
            Ending::Unknown => Err(EndSessionsError::UnknownSession),
        }
    }

    /// Ends every session of a user, revokes their access tokens, and returns how many sessions were alive.
    ///
    /// # Errors
    /// [`PortError`] if the store failed. Some sessions may still be alive; repeat the call.
    pub async fn all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, PortError> {
        self.sessions.end_all(user_id, reason, request_time).await
    }
}
