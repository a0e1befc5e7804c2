//! Errors and their responses.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use auth_verifier::outage_retry_after;

use super::response::{ErrorCode, ErrorResponse, RejectionReason};
use crate::whole_seconds::whole_seconds_up;

/// An error as a client sees it; its cause is only in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The request has not the documented form; the text names the fields at fault.
    InvalidRequest(String),
    /// The head of the request is rejected, for this reason.
    RejectedHead(&'static str),
    /// The head of the request is too large.
    HeadTooLarge,
    /// The credentials are wrong. All causes get one response.
    InvalidCredentials,
    /// The text is not a live refresh token. The reason is for its holder.
    InvalidRefreshToken(Option<RejectionReason>),
    /// No route has the path.
    NotFound,
    /// The path has only these methods.
    MethodNotAllowed(&'static str),
    /// The body or the head did not arrive in time.
    RequestTimeout,
    /// The body is too large.
    PayloadTooLarge,
    /// The body has another media type.
    UnsupportedMediaType,
    /// The login limit is exceeded, for this time.
    RateLimited(Duration),
    /// A limit of refreshes is exceeded, for this time.
    TooManyRefreshes(Duration),
    /// A dependency failed while the sessions of a user were ended and the known addresses were forgotten.
    SessionsNotEnded,
    /// A dependency is unreachable or overloaded. No session was opened or ended, and no token was consumed.
    Unavailable,
    /// A store did not answer, so it is unknown whether the request took effect.
    Unanswered,
    /// A defect.
    Internal,
}

impl ApiError {
    const fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_) | Self::RejectedHead(_) => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::InvalidCredentials | Self::InvalidRefreshToken(_) => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited(_) | Self::TooManyRefreshes(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::SessionsNotEnded | Self::Unavailable | Self::Unanswered => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidRequest(_) | Self::RejectedHead(_) => ErrorCode::InvalidRequest,
            Self::HeadTooLarge => ErrorCode::RequestHeaderFieldsTooLarge,
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::InvalidRefreshToken(_) => ErrorCode::InvalidRefreshToken,
            Self::NotFound => ErrorCode::NotFound,
            Self::MethodNotAllowed(_) => ErrorCode::MethodNotAllowed,
            Self::RequestTimeout => ErrorCode::RequestTimeout,
            Self::PayloadTooLarge => ErrorCode::PayloadTooLarge,
            Self::UnsupportedMediaType => ErrorCode::UnsupportedMediaType,
            Self::RateLimited(_) | Self::TooManyRefreshes(_) => ErrorCode::RateLimited,
            Self::SessionsNotEnded | Self::Unavailable | Self::Unanswered => ErrorCode::ServiceUnavailable,
            Self::Internal => ErrorCode::InternalError,
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::InvalidRequest(message) => message,
            Self::RejectedHead(message) => message,
            Self::HeadTooLarge => {
                "The request line and headers are larger than 32 KiB, or there are more than 96 headers."
            }
            Self::InvalidCredentials => "The email or password is incorrect.",
            Self::InvalidRefreshToken(_) => "The refresh token is not valid.",
            Self::NotFound => "There is nothing at this address.",
            Self::MethodNotAllowed(_) => {
                "This address does not have the method; the Allow header names those it has."
            }
            Self::RequestTimeout => "The request did not arrive in time.",
            Self::PayloadTooLarge => "The request body is larger than 16 KiB.",
            Self::UnsupportedMediaType => "Send the body as application/json, without a content encoding.",
            Self::RateLimited(_) => "There were too many failed attempts; try again later.",
            Self::TooManyRefreshes(_) => {
                "There were too many refreshes; nothing was changed, try again later."
            }
            Self::SessionsNotEnded => {
                "Sessions of the user may not have ended, or known addresses may not be forgotten; repeat the request until it succeeds."
            }
            Self::Unavailable => "The service cannot answer at the moment; nothing was changed, try again.",
            Self::Unanswered => {
                "The service cannot answer at the moment; whether anything was changed is unknown, try again."
            }
            Self::Internal => "Something went wrong on our side.",
        }
    }

    /// Returns the body of the response.
    pub(in crate::http) fn body(&self) -> ErrorResponse<'_> {
        let reason = if let Self::InvalidRefreshToken(reason) = self { *reason } else { None };
        ErrorResponse { error: self.code(), message: self.message(), reason }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::InvalidRefreshToken(_) | Self::InvalidCredentials => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            Self::MethodNotAllowed(allow) => {
                response.insert_header((ALLOW, *allow));
            }
            Self::RateLimited(wait) | Self::TooManyRefreshes(wait) => {
                response.insert_header((RETRY_AFTER, whole_seconds_up(*wait).to_string()));
            }
            Self::SessionsNotEnded | Self::Unavailable | Self::Unanswered => {
                response.insert_header((RETRY_AFTER, outage_retry_after().to_string()));
            }
            // Unread bytes of the body would be parsed as the next request.
            Self::RequestTimeout | Self::PayloadTooLarge | Self::RejectedHead(_) | Self::HeadTooLarge => {
                response.force_close();
            }
            Self::InvalidRequest(_) | Self::NotFound | Self::UnsupportedMediaType | Self::Internal => {}
        }
        response.insert_header((CACHE_CONTROL, "no-store")).json(self.body())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response is {}", self.status())
    }
}
