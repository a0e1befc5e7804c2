//! Every answer that is not a success: the only place that picks a status, but for those that every endpoint of the platform
//! gives alike, which the guard picks.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use auth_verifier::{AuthError, outage_retry_after};
use serde::Serialize;
use utoipa::ToSchema;

mod translation;

#[cfg(test)]
mod tests;

/// What a client is told; the cause is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The request is not of the documented shape; the text names the fields at fault.
    InvalidRequest(String),
    /// The head of the request is rejected; the text says why.
    RejectedHead(&'static str),
    HeadTooLarge,
    /// One answer for everything that can be wrong with credentials.
    InvalidCredentials,
    /// Not a live refresh token, with the reason for its holder.
    InvalidRefreshToken(Option<&'static str>),
    NotFound,
    /// The methods that the path has.
    MethodNotAllowed(&'static str),
    /// The body did not arrive in time.
    RequestTimeout,
    PayloadTooLarge,
    UnsupportedMediaType,
    /// Over a limit, and until when.
    RateLimited(Duration),
    /// A part of the service went away while the sessions of a user were being ended.
    SessionsNotEnded,
    /// What every endpoint of the platform answers alike: no valid access token, an outage, a defect.
    Rejected(AuthError),
}

/// The body of every answer that is not a success.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorResponse<'a> {
    /// The machine-readable code.
    error: &'static str,
    /// One plain sentence for a person.
    message: &'a str,
    /// Why a refresh token is rejected, for its holder while its session is remembered: `already_used`,
    /// `reuse_detected`, `logged_out`, `revoked` or `user_inactive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl ApiError {
    fn parts(&self) -> (StatusCode, &'static str, &str) {
        match self {
            Self::InvalidRequest(message) => (StatusCode::BAD_REQUEST, "invalid_request", message),
            Self::RejectedHead(message) => (StatusCode::BAD_REQUEST, "invalid_request", message),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "request_header_fields_too_large",
                "The request line and headers are larger than 32 KiB, or there are more than 96 headers.",
            ),
            Self::InvalidCredentials => {
                (StatusCode::UNAUTHORIZED, "invalid_credentials", "The email or password is incorrect.")
            }
            Self::InvalidRefreshToken(_) => {
                (StatusCode::UNAUTHORIZED, "invalid_refresh_token", "The refresh token is not valid.")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is nothing at this address."),
            Self::MethodNotAllowed(_) => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This address does not have the method; the Allow header names those it has.",
            ),
            Self::RequestTimeout => {
                (StatusCode::REQUEST_TIMEOUT, "request_timeout", "The request did not arrive in time.")
            }
            Self::PayloadTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "payload_too_large",
                "The request body is larger than 16 KiB.",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send the body as application/json, without a content encoding.",
            ),
            Self::RateLimited(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "There were too many failed attempts; try again later.",
            ),
            Self::SessionsNotEnded => (
                StatusCode::SERVICE_UNAVAILABLE,
                "service_unavailable",
                "Not every session of the user may have ended; repeat the request until it succeeds.",
            ),
            Self::Rejected(rejection) => rejection.parts(),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, error, message) = self.parts();
        let mut response = HttpResponse::build(status);
        let mut reason = None;
        match self {
            Self::InvalidRefreshToken(told) => {
                reason = *told;
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::InvalidCredentials => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::MethodNotAllowed(allow) => {
                response.insert_header((ALLOW, *allow));
            }
            Self::RateLimited(wait) => {
                response.insert_header((RETRY_AFTER, whole_seconds_up(*wait).to_string()));
            }
            Self::SessionsNotEnded => {
                response.insert_header((RETRY_AFTER, outage_retry_after().to_string()));
            }
            // What is left of the body would be taken for the next request.
            Self::RequestTimeout | Self::PayloadTooLarge | Self::RejectedHead(_) | Self::HeadTooLarge => {
                response.force_close();
            }
            Self::Rejected(rejection) => return rejection.error_response(),
            Self::InvalidRequest(_) | Self::NotFound | Self::UnsupportedMediaType => {}
        }
        response.insert_header((CACHE_CONTROL, "no-store")).json(ErrorResponse { error, message, reason })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parts().1)
    }
}

/// `Retry-After` has whole seconds (RFC 9110 §10.2.3); rounded up, since a second early is too early.
fn whole_seconds_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
