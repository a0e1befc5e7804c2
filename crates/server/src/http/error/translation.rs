//! The responses to errors of use cases and of connections.

use auth_domain::model::EndReason;
use auth_domain::ports::{PortError, PortErrorKind};
use auth_domain::use_cases::{LoginError, LogoutError, RefreshError, RefreshRejection};

use super::api_error::ApiError;
use super::response::RejectionReason;
use crate::connection::Rejection;

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials { .. } => Self::InvalidCredentials,
            LoginError::RateLimited { retry_after, .. } => Self::RateLimited(retry_after),
            LoginError::Port(error) => error.into(),
        }
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::InvalidRefreshToken { rejection, .. } => {
                Self::InvalidRefreshToken(reason(rejection))
            }
            RefreshError::RateLimited { retry_after, .. } => Self::TooManyRefreshes(retry_after),
            RefreshError::Port(error) => error.into(),
        }
    }
}

impl From<LogoutError> for ApiError {
    fn from(error: LogoutError) -> Self {
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

impl From<PortError> for ApiError {
    fn from(error: PortError) -> Self {
        // An administrator can repair the row. Until then nothing is changed, and the session is kept.
        if error.unreadable_user().is_some() {
            return Self::Unavailable;
        }
        match error.kind() {
            // An administrator can correct a misconfiguration. It rejects a call before the call takes effect.
            PortErrorKind::Unavailable | PortErrorKind::Overloaded | PortErrorKind::Misconfigured => {
                Self::Unavailable
            }
            PortErrorKind::Unanswered => Self::Unanswered,
            PortErrorKind::Corrupt => Self::Internal,
        }
    }
}

/// Returns the reason for the holder of a token; a client that never held one gets none.
fn reason(rejection: RefreshRejection) -> Option<RejectionReason> {
    match rejection {
        RefreshRejection::Malformed | RefreshRejection::Unknown | RefreshRejection::Expired => None,
        RefreshRejection::AlreadyUsed { .. } => Some(RejectionReason::AlreadyUsed),
        RefreshRejection::ReuseDetected { .. } => Some(EndReason::ReuseDetected.into()),
        RefreshRejection::SessionEnded(reason) => Some(reason.into()),
    }
}
