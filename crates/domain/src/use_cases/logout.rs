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

/// Ends a session for its user.
pub struct Logout {
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The refresh tokens of the legacy service; `None` if there was none.
    pub legacy: Option<Arc<dyn LegacyRefreshTokens>>,
}

/// A request to log out, of a verified caller.
#[derive(Debug)]
pub struct LogoutCommand {
    /// The caller's verified claims.
    pub caller: AccessClaims,
    /// The presented token; `None` if the text is not a token.
    pub refresh_token: Option<PresentedRefreshToken>,
    /// The time of the request.
    pub request_time: RequestTime,
}

/// A logout that failed.
#[derive(Debug, Error)]
pub enum LogoutError {
    /// The refresh token does not belong to the caller. Nothing changed.
    #[error("the refresh token does not belong to the caller")]
    InvalidRefreshToken,
    /// An error of a port. The caller can repeat the logout with the same access token to complete it.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Logout {
    /// Ends the session of the refresh token, and revokes the caller's access token last. Returns the session; a legacy token
    /// that was not exchanged has none.
    ///
    /// The refresh token may be of any session of the caller, and current or used. If the access token is of another session,
    /// that session goes on.
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
                self.end_legacy(&token, &caller, request_time).await
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
    ) -> Result<Option<SessionRef>, LogoutError> {
        let legacy = self.legacy.as_deref().ok_or(LogoutError::InvalidRefreshToken)?;
        let ended_before = end_successor(&*self.sessions, legacy, token, caller, request_time).await?;
        match legacy.end(token, caller.user_id, caller.live(), request_time).await? {
            // An exchange may have consumed the token since.
            Ending::Ended if ended_before.is_none() => {
                Ok(end_successor(&*self.sessions, legacy, token, caller, request_time).await?)
            }
            Ending::Ended => Ok(ended_before),
            Ending::Unknown => Err(LogoutError::InvalidRefreshToken),
        }
    }
}

/// Ends the session of the caller for which a legacy token was exchanged, and returns it.
async fn end_successor(
    sessions: &dyn SessionStore,
    legacy: &dyn LegacyRefreshTokens,
    token: &LegacyRefreshToken,
    caller: &AccessClaims,
    request_time: RequestTime,
) -> Result<Option<SessionRef>, PortError> {
    let successor = legacy.successor(token, request_time).await?;
    let successor = successor.filter(|session| session.user_id == caller.user_id);
    if let Some(session) = successor {
        let end = EndSession { session, reason: EndReason::LoggedOut, also_revoke: None };
        sessions.end(&end, request_time).await?;
    }
    Ok(successor)
}
