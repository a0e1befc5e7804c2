//! Logout: the end of a session.

use std::sync::Arc;

use thiserror::Error;

use crate::model::{AccessClaims, EndReason, RefreshToken, SessionRef, Timing};
use crate::ports::{EndSession, Ending, PortError, SessionStore};

#[cfg(test)]
mod tests;

/// Ends a session for the user whose it is.
pub struct Logout {
    /// Where sessions are kept.
    pub sessions: Arc<dyn SessionStore>,
}

/// What a verified caller sent.
#[derive(Debug)]
pub struct LogoutCommand {
    /// The caller's verified claims.
    pub caller: AccessClaims,
    /// The presented token; `None` for a text that is none.
    pub refresh_token: Option<RefreshToken>,
    /// The time of the request.
    pub timing: Timing,
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
    /// Ends the session of the refresh token, and revokes the caller's access token last.
    ///
    /// Any token of any session of the caller is his, current or used. Where the access token is of
    /// another session than the refresh token, the rest of that other session lives on.
    ///
    /// # Errors
    /// [`LogoutError`].
    pub async fn run(&self, command: LogoutCommand) -> Result<SessionRef, LogoutError> {
        let LogoutCommand { caller, refresh_token, timing } = command;
        let session = refresh_token.map(|token| token.session());
        let Some(session) = session.filter(|session| session.user_id == caller.user_id) else {
            return Err(LogoutError::InvalidRefreshToken);
        };
        let end = EndSession { session, reason: EndReason::LoggedOut, also_revoke: Some(caller.live()) };
        match self.sessions.end(&end, timing).await? {
            Ending::Ended => Ok(session),
            Ending::Unknown => Err(LogoutError::InvalidRefreshToken),
        }
    }
}
