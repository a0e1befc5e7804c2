//! Ending sessions for an administrator or the HookSentry platform.

use std::sync::Arc;

use thiserror::Error;

use crate::model::{Email, EndReason, EndSession, Ending, LimitKeys, RequestTime, SessionRef, UserId};
use crate::ports::{LoginLimiter, PortError, SessionStore, UserRepository};

#[cfg(test)]
mod tests;

/// Ends one session of a user, or all of them. Repeating it is safe.
///
/// With all sessions of a user, the known addresses of their email are forgotten, because one of them may be the address of the
/// intruder whose session ends (S-91).
pub struct EndSessions {
    /// The store of sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The store of users, which has their emails.
    pub users: Arc<dyn UserRepository>,
    /// The store of known addresses.
    pub limiter: Arc<dyn LoginLimiter>,
    /// The keyed hash that turns an email into its limit key.
    pub limit_keys: LimitKeys,
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

/// An end of all sessions that was not completed.
#[derive(Debug, Error)]
pub enum EndAllSessionsError {
    /// Some sessions may still be alive.
    #[error("the user's sessions could not be ended; repeat the command")]
    Sessions(#[source] PortError),
    /// The sessions have ended, but addresses may still be known.
    #[error(
        "the user's sessions have ended, but the known addresses of their email could not be forgotten; repeat the command"
    )]
    KnownAddresses {
        /// How many sessions ended.
        sessions_ended: usize,
        /// The error of the store of users or of the login limit.
        #[source]
        error: PortError,
    },
}

impl EndAllSessionsError {
    /// The error of the port that failed.
    #[must_use]
    pub const fn cause(&self) -> &PortError {
        match self {
            Self::Sessions(error) | Self::KnownAddresses { error, .. } => error,
        }
    }
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

    /// Ends every session of a user, revokes their access tokens, forgets the known addresses of their email, and returns how many
    /// sessions were alive.
    ///
    /// # Errors
    /// [`EndAllSessionsError`]; repeat the call.
    pub async fn all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, EndAllSessionsError> {
        let sessions_ended = self.end_all(user_id, reason, request_time).await?;
        // The sessions have ended, also if the row cannot be read.
        let found = self.users.find_by_id(user_id, request_time).await;
        let user = found.map_err(|error| EndAllSessionsError::KnownAddresses { sessions_ended, error })?;
        match user {
            Some(user) => self.forget_addresses(&user.email, sessions_ended, request_time).await,
            None => Ok(sessions_ended),
        }
    }

    /// Does the same as [`Self::all`] for a user whose email is known, also if the row of the user cannot be read.
    ///
    /// # Errors
    /// [`EndAllSessionsError`]; repeat the call.
    pub async fn all_of(
        &self,
        user_id: UserId,
        email: &Email,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, EndAllSessionsError> {
        let sessions_ended = self.end_all(user_id, reason, request_time).await?;
        self.forget_addresses(email, sessions_ended, request_time).await
    }

    async fn end_all(
        &self,
        user_id: UserId,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<usize, EndAllSessionsError> {
        self.sessions.end_all(user_id, reason, request_time).await.map_err(EndAllSessionsError::Sessions)
    }

    async fn forget_addresses(
        &self,
        email: &Email,
        sessions_ended: usize,
        request_time: RequestTime,
    ) -> Result<usize, EndAllSessionsError> {
        let forgotten = self.limiter.forget_addresses(self.limit_keys.email(email), request_time).await;
        forgotten.map_err(|error| EndAllSessionsError::KnownAddresses { sessions_ended, error })?;
        Ok(sessions_ended)
    }
}
