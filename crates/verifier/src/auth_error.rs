//! What a caller is told who is not let in.

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

/// How long a client is asked to wait at most when a part of the service is away, in seconds.
const OUTAGE_RETRY_AFTER: u64 = 3;

/// Why a request is not let in. As an answer it has the status, headers and body that every endpoint of the platform
/// gives; the cause is for logs alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// 401 `invalid_token`: no bearer, or one that is malformed, forged, expired, revoked or for somebody else.
    InvalidToken {
        /// Whether a bearer was sent: only then the challenge names an error (RFC 6750 §3.1).
        presented: bool,
    },
    /// 403 `forbidden`: a valid caller whose role does not suffice.
    Forbidden,
    /// 503 `service_unavailable`: whether the token was revoked cannot be told now. Never a yes, and never a logout.
    Unavailable,
    /// 500 `internal_error`: a part is broken, or set up wrongly.
    Internal,
}

/// The body.
#[derive(Serialize)]
struct AuthErrorResponse {
    error: &'static str,
    message: &'static str,
}

impl AuthError {
    /// Returns the status, the machine-readable code and the sentence for a person.
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
            PortErrorKind::Unavailable | PortErrorKind::Overloaded => Self::Unavailable,
            PortErrorKind::Corrupt | PortErrorKind::Misconfigured => Self::Internal,
        }
    }
}

/// Returns the next `Retry-After` of an outage: seconds from one to three in turn, since those who are told at the same
/// moment must not come back at the same moment.
#[must_use]
pub fn outage_retry_after() -> u64 {
    static TURN: AtomicU64 = AtomicU64::new(0);
    1 + TURN.fetch_add(1, Ordering::Relaxed) % OUTAGE_RETRY_AFTER
}
