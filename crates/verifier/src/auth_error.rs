//! HTTP responses to rejected requests.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use auth_domain::ports::{PortError, PortErrorKind};
use auth_domain::use_cases::VerifyAccessTokenError;
use serde::Serialize;

#[cfg(test)]
mod tests;

/// The largest `Retry-After` of a 503, in seconds.
const MAX_RETRY_AFTER: u64 = 3;

/// The reason why a request is rejected. As a response, it has the same status, headers and body on every endpoint of the
/// HookSentry platform. The cause is in the log only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// 401 `invalid_token`: the bearer token is missing, malformed, forged, expired, revoked or for another audience.
    InvalidToken {
        /// Whether a bearer token was sent. Only then the challenge contains an error (RFC 6750 §3.1).
        presented: bool,
    },
    /// 403 `forbidden`: the token is valid, and the route requires another role.
    Forbidden,
    /// 503 `service_unavailable`: the denylist is unreachable, or rejects this program. The token is neither accepted nor rejected.
    Unavailable,
    /// 500 `internal_error`: a defect.
    Internal,
}

/// The body of the response.
#[derive(Serialize)]
struct AuthErrorResponse {
    error: &'static str,
    message: &'static str,
}

impl AuthError {
    /// Returns the status, the error code and the message.
    #[must_use]
    pub const fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidToken { .. } => {
                (StatusCode::UNAUTHORIZED, "invalid_token", "The bearer token is missing or not valid.")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Your role does not allow this."),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "service_unavailable",
                "The service cannot answer at the moment; nothing was changed, try again.",
            ),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong on our side.")
            }
        }
    }
}

impl ResponseError for AuthError {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, error, message) = self.parts();
        let mut response = HttpResponse::build(status);
        match self {
            Self::InvalidToken { presented: false } => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::InvalidToken { presented: true } => {
                response.insert_header((WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#));
            }
            Self::Forbidden => {
                response.insert_header((WWW_AUTHENTICATE, r#"Bearer error="insufficient_scope""#));
            }
            Self::Unavailable => {
                response.insert_header((RETRY_AFTER, outage_retry_after().to_string()));
            }
            Self::Internal => {}
        }
        response.insert_header((CACHE_CONTROL, "no-store")).json(AuthErrorResponse { error, message })
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parts().1)
    }
}

impl From<&VerifyAccessTokenError> for AuthError {
    fn from(error: &VerifyAccessTokenError) -> Self {
        match error {
            VerifyAccessTokenError::Invalid(_) | VerifyAccessTokenError::Revoked => {
                Self::InvalidToken { presented: true }
            }
            VerifyAccessTokenError::Port(error) => error.into(),
        }
    }
}

impl From<&PortError> for AuthError {
    fn from(error: &PortError) -> Self {
        match error.kind() {
            PortErrorKind::Unavailable
            | PortErrorKind::Unanswered
            | PortErrorKind::Overloaded
            | PortErrorKind::Misconfigured => Self::Unavailable,
            PortErrorKind::Corrupt => Self::Internal,
        }
    }
}

/// Returns the `Retry-After` of a 503: 1, 2 and 3 seconds in turn, so that clients do not all retry at the same time.
#[must_use]
pub fn outage_retry_after() -> u64 {
    static TURN: AtomicU64 = AtomicU64::new(0);
    1 + TURN.fetch_add(1, Ordering::Relaxed) % MAX_RETRY_AFTER
}
