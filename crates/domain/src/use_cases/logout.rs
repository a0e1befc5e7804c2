//! Logout: the end of a session.

use std::sync::Arc;

use thiserror::Error;

use crate::model::{
    AccessClaims, EndReason, EndSession, Ending, LegacyRefreshToken, PresentedRefreshToken, RequestTime,
    SessionRef,
};
use crate::ports::{LegacyRefreshTokens, PortError, SessionStore};

#[cfg(test)]
mod tests;

/// Ends a session for the user whose it is.
pub struct Logout {
    /// Where sessions are kept.
    pub sessions: Arc<dyn SessionStore>,
    /// Where tokens of the former service are known; `None` where there was none.
    pub legacy: Option<Arc<dyn LegacyRefreshTokens>>,
}

/// What a verified caller sent.
#[derive(Debug)]
pub struct LogoutCommand {
    /// The caller's verified claims.
    pub caller: AccessClaims,
    /// The presented token; `None` for a text that is none.
    pub refresh_token: Option<PresentedRefreshToken>,
    /// The time of the request.
    pub request_time: RequestTime,
}

/// A logout that did not succeed.
#[derive(Debug, Error)]
pub enum LogoutError {
    /// The refresh token does not belong to the caller; nothing changed for anyone.
    #[error("the refresh token does not belong to the caller")]
    InvalidRefreshToken,
    /// Trouble behind a port; the caller's token opens a repeat that completes it.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Logout {
    /// Ends the session of the refresh token, and revokes the caller's access token last. Returns which
    /// session; a token of the former service has none.
    ///
    /// Any token of any session of the caller is his, current or used. Where the access token is of
    /// another session than the refresh token, the rest of that other session lives on.
    ///
    /// # Errors
    /// [`LogoutError`].
    pub async fn run(&self, command: LogoutCommand) -> Result<Option<SessionRef>, LogoutError> {
        let LogoutCommand { caller, refresh_token, request_time } = command;
        match refresh_token {
            Some(PresentedRefreshToken::Current(token)) => {
                self.end_session(token.session(), &caller, request_time).await.map(Some)
            }
            Some(PresentedRefreshToken::Legacy(token)) => {
                self.end_legacy(&token, &caller, request_time).await.map(|()| None)
            }
            None => Err(LogoutError::InvalidRefreshToken),
        }
    }

    async fn end_session(
        &self,
        session: SessionRef,
        caller: &AccessClaims,
        request_time: RequestTime,
    ) -> Result<SessionRef, LogoutError> {
        if session.user_id != caller.user_id {
            return Err(LogoutError::InvalidRefreshToken);
        }
        let end = EndSession { session, reason: EndReason::LoggedOut, also_revoke: Some(caller.live()) };
        match self.sessions.end(&end, request_time).await? {
            Ending::Ended => Ok(session),
            Ending::Unknown => Err(LogoutError::InvalidRefreshToken),
        }
    }

    async fn end_legacy(
        &self,
        token: &LegacyRefreshToken,
        caller: &AccessClaims,
        request_time: RequestTime,
    ) -> Result<(), LogoutError> {
        let legacy = self.legacy.as_deref().ok_or(LogoutError::InvalidRefreshToken)?;
        match legacy.end(token, caller.user_id, caller.live(), request_time).await? {
            Ending::Ended => Ok(()),
            Ending::Unknown => Err(LogoutError::InvalidRefreshToken),
        }
    }
}
