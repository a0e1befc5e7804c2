//! The body of a response that is not a success.

use auth_domain::model::EndReason;
use serde::Serialize;
use utoipa::ToSchema;

/// The body of every response that is not a success.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ErrorResponse<'a> {
    pub(in crate::http) error: ErrorCode,
    /// One plain sentence for a person.
    pub(in crate::http) message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(in crate::http) reason: Option<RejectionReason>,
}

/// The machine-readable code of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum ErrorCode {
    /// 400
    InvalidRequest,
    /// 401, of a login
    InvalidCredentials,
    /// 401, of a refresh or logout
    InvalidRefreshToken,
    /// 401, of a request with a bearer token
    InvalidToken,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 408
    RequestTimeout,
    /// 413
    PayloadTooLarge,
    /// 415
    UnsupportedMediaType,
    /// 429
    RateLimited,
    /// 431
    RequestHeaderFieldsTooLarge,
    /// 500
    InternalError,
    /// 503
    ServiceUnavailable,
}

/// The reason why a refresh token is rejected. Only the holder of a token gets it, while the record of its session exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum RejectionReason {
    /// The token was used, within the grace period.
    AlreadyUsed,
    /// A used token was presented again, and the session has ended.
    ReuseDetected,
    /// The session ended by a logout.
    LoggedOut,
    /// An administrator, a password change, the session limit or a change of tenant ended the session.
    Revoked,
    /// The user was deactivated.
    UserInactive,
}

impl From<EndReason> for RejectionReason {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::LoggedOut => Self::LoggedOut,
            EndReason::ReuseDetected => Self::ReuseDetected,
            EndReason::Revoked => Self::Revoked,
            EndReason::UserInactive => Self::UserInactive,
        }
    }
}
