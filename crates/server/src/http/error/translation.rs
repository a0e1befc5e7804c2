//! From what went wrong inside to what a client is told.

use auth_domain::model::EndReason;
use auth_domain::ports::{PortError, PortErrorKind};
use auth_domain::use_cases::{LoginError, LogoutError, RefreshError, RefreshRejection};
use auth_verifier::AuthError;

use super::ApiError;
use crate::connection::Rejection;
use crate::http::admin::SessionsNotEnded;

impl From<&LoginError> for ApiError {
    fn from(error: &LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials { .. } => Self::InvalidCredentials,
            LoginError::RateLimited { retry_after, .. } => Self::RateLimited(*retry_after),
            LoginError::Port(error) => error.into(),
        }
    }
}

impl From<&RefreshError> for ApiError {
    fn from(error: &RefreshError) -> Self {
        match error {
            RefreshError::InvalidRefreshToken { rejection, .. } => {
                Self::InvalidRefreshToken(reason(*rejection))
            }
            RefreshError::Port(error) => error.into(),
        }
    }
}

impl From<&LogoutError> for ApiError {
    fn from(error: &LogoutError) -> Self {
        match error {
            LogoutError::InvalidRefreshToken => Self::InvalidRefreshToken(None),
            LogoutError::Port(error) => error.into(),
        }
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Malformed => Self::RejectedHead("The request head is not valid HTTP/1.1."),
            Rejection::Host => Self::RejectedHead("The request needs exactly one valid Host header."),
            Rejection::Websocket => Self::RejectedHead("This service does not speak WebSocket."),
            Rejection::Connect => {
                Self::RejectedHead("This service is no proxy: it does not support CONNECT.")
            }
            Rejection::HeadTooLarge => Self::HeadTooLarge,
            Rejection::HeadTimeout => Self::RequestTimeout,
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(rejection: AuthError) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<&SessionsNotEnded> for ApiError {
    fn from(SessionsNotEnded(error): &SessionsNotEnded) -> Self {
        match error.kind() {
            PortErrorKind::Unavailable | PortErrorKind::Overloaded => Self::SessionsNotEnded,
            PortErrorKind::Corrupt | PortErrorKind::Misconfigured => AuthError::Internal.into(),
        }
    }
}

impl From<&PortError> for ApiError {
    fn from(error: &PortError) -> Self {
        // An administrator can repair the row; until then nothing is changed, and the session is kept.
        let is_repairable = error.unreadable_user().is_some();
        Self::Rejected(if is_repairable { AuthError::Unavailable } else { error.into() })
    }
}

/// What the holder of a token is told about its session; a stranger is told nothing.
const fn reason(rejection: RefreshRejection) -> Option<&'static str> {
    match rejection {
        RefreshRejection::Malformed | RefreshRejection::Unknown | RefreshRejection::Expired => None,
        RefreshRejection::AlreadyUsed { .. } => Some("already_used"),
        RefreshRejection::ReuseDetected => Some(EndReason::ReuseDetected.name()),
        RefreshRejection::SessionEnded(reason) => Some(reason.name()),
    }
}
