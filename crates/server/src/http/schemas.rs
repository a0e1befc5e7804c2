//! What requests and answers look like, for the OpenAPI document.

use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::error::ErrorResponse;
use super::token_response::TokenResponse;
use crate::readiness::Report;

/// What login reads.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what the form reads field by field")]
pub(super) struct LoginRequest {
    /// Trimmed and lower-cased; valid as the HTML standard defines `<input type=email>`.
    #[schema(
        max_length = 255,
        pattern = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
        example = "user@example.com"
    )]
    email: String,
    /// 1 to 1024 bytes, never trimmed; not blank.
    #[schema(format = Password, min_length = 1, max_length = 1024, pattern = r"\S")]
    password: String,
}

/// What refresh and logout read.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes what the form reads field by field")]
pub(super) struct RefreshTokenRequest {
    /// A refresh token of login or of an earlier refresh.
    #[schema(min_length = 1, max_length = 512, pattern = r"\S")]
    refresh_token: String,
}

/// What `/api/v1/auth/me` answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallerResponse<'a> {
    /// `sub`.
    pub(super) user_id: String,
    /// `tenant_id`.
    pub(super) tenant_id: String,
    /// `email`, as of when the token was issued.
    pub(super) email: &'a str,
    /// `role`: `Owner`, `Admin`, `Developer` or `Viewer`.
    pub(super) role: &'static str,
    /// `sid`; `null` in tokens of the platform's former issuer.
    pub(super) session_id: Option<String>,
    /// When the access token expires, RFC 3339 in UTC.
    #[schema(format = DateTime)]
    pub(super) expires_at: String,
}

/// What `/health` answers.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    pub(super) status: &'static str,
}

/// What any request to the API can be answered with.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes answers that ApiError gives")]
pub(super) enum CommonAnswers {
    /// `invalid_request`: the body is not the documented JSON object; the message names the fault, or every field at fault.
    #[response(status = 400)]
    InvalidRequest(ErrorResponse<'static>),
    /// `request_timeout`: the body took longer than 5 seconds to arrive.
    #[response(status = 408)]
    RequestTimeout(ErrorResponse<'static>),
    /// `payload_too_large`: the body is larger than 16 KiB.
    #[response(status = 413)]
    PayloadTooLarge(ErrorResponse<'static>),
    /// `unsupported_media_type`: not JSON, or with a content encoding.
    #[response(status = 415)]
    UnsupportedMediaType(ErrorResponse<'static>),
    /// `internal_error`: a defect; its cause is in the log under the request id.
    #[response(status = 500)]
    Internal(ErrorResponse<'static>),
    /// `service_unavailable`: nothing was changed; repeat after `Retry-After` seconds.
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds to wait")))]
    ServiceUnavailable(ErrorResponse<'static>),
}

/// The responses that any request without a body can get.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes a response that the middleware gives")]
pub(super) enum ReadAnswers {
    /// `invalid_request`: the request asks to switch to WebSocket.
    #[response(status = 400)]
    InvalidRequest(ErrorResponse<'static>),
}

/// What a request with a valid bearer can be answered with, beside a success.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes answers that the guard gives")]
pub(super) enum ProtectedAnswers {
    /// `internal_error`: a defect; its cause is in the log under the request id.
    #[response(status = 500)]
    Internal(ErrorResponse<'static>),
    /// `service_unavailable`: whether the token was revoked cannot be told now; repeat after `Retry-After` seconds.
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds to wait")))]
    Unavailable(ErrorResponse<'static>),
}

/// A token pair.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes an answer that a route writes")]
pub(super) enum TokensIssued {
    /// The new token pair.
    #[response(status = 200)]
    Tokens(TokenResponse<'static>),
}

/// Every dependency's state.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes an answer that a route writes")]
pub(super) enum ReadinessAnswers {
    /// Requests can be served.
    #[response(status = 200)]
    Ready(Report),
    /// A dependency is down, or the process is on its way out.
    #[response(status = 503)]
    Unavailable(Report),
}
