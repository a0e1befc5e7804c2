//! Responses, as types that are also schemas of the OpenAPI document.

use auth_domain::model::Role;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::error::ErrorResponse;
use super::token_response::TokenResponse;
use crate::readiness::Report;

/// The response of `/api/v1/auth/me`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallerResponse<'a> {
    /// `sub`
    #[schema(format = "uuid")]
    pub(super) user_id: String,
    /// `tenant_id`
    #[schema(format = "uuid")]
    pub(super) tenant_id: String,
    /// `email`, as of when the token was issued
    pub(super) email: &'a str,
    pub(super) role: RoleName,
    /// `sid`; `null` in legacy tokens
    #[schema(format = "uuid")]
    pub(super) session_id: Option<String>,
    /// The time at which the access token expires, RFC 3339 in UTC
    #[schema(format = DateTime)]
    pub(super) expires_at: String,
}

/// The role of a user: the claim `role`
#[derive(Serialize, ToSchema)]
pub(super) enum RoleName {
    Owner,
    Admin,
    Developer,
    Viewer,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            Role::Developer => Self::Developer,
            Role::Viewer => Self::Viewer,
        }
    }
}

/// The response of `/health`.
#[derive(Serialize, ToSchema)]
pub(super) struct HealthResponse {
    /// Always `ok`
    pub(super) status: &'static str,
}

/// A token pair.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes a response that a route writes")]
pub(super) enum TokensIssued {
    /// The new token pair
    #[response(status = 200)]
    Tokens(TokenResponse<'static>),
}

/// The state of every dependency.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes a response that a route writes")]
pub(super) enum ReadinessResponses {
    /// Requests can be served
    #[response(status = 200)]
    Ready(Report),
    /// A dependency is down, or the process is stopping
    #[response(status = 503)]
    Unavailable(Report),
}

/// The errors of a request with a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes responses that `ApiError` writes")]
pub(super) enum BodyErrors {
    /// `invalid_request`: the body is not the documented JSON object, and the message names every field at fault; or the head is not
    /// valid HTTP/1.1
    #[response(status = 400)]
    InvalidRequest(ErrorResponse<'static>),
    /// `request_timeout`: the head or the body took too long to arrive
    #[response(status = 408)]
    RequestTimeout(ErrorResponse<'static>),
    /// `payload_too_large`: the body is larger than 16 KiB
    #[response(status = 413)]
    PayloadTooLarge(ErrorResponse<'static>),
    /// `unsupported_media_type`: the body is not JSON, or has a content encoding
    #[response(status = 415)]
    UnsupportedMediaType(ErrorResponse<'static>),
    /// `request_header_fields_too_large`: the head is larger than 32 KiB or has more than 96 headers
    #[response(status = 431)]
    HeadTooLarge(ErrorResponse<'static>),
    /// `internal_error`: a defect; its cause is in the log under the request id
    #[response(status = 500)]
    Internal(ErrorResponse<'static>),
    /// `service_unavailable`: no session was opened or ended and no refresh token was consumed, or, if the message says so,
    /// this is unknown; repeat the request after `Retry-After` seconds, a refresh with the same `Idempotency-Key`
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds to wait")))]
    ServiceUnavailable(ErrorResponse<'static>),
}

/// The errors of every request without a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes responses that `ApiError` writes")]
pub(super) enum ReadErrors {
    /// `invalid_request`: the head is not valid HTTP/1.1, or asks to switch to WebSocket
    #[response(status = 400)]
    InvalidRequest(ErrorResponse<'static>),
    /// `request_timeout`: the head took too long to arrive
    #[response(status = 408)]
    RequestTimeout(ErrorResponse<'static>),
    /// `request_header_fields_too_large`: the head is larger than 32 KiB or has more than 96 headers
    #[response(status = 431)]
    HeadTooLarge(ErrorResponse<'static>),
}

/// The errors of a protected read.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it describes responses that the verifier writes")]
pub(super) enum ProtectedErrors {
    /// `internal_error`: a defect; its cause is in the log under the request id
    #[response(status = 500)]
    Internal(ErrorResponse<'static>),
    /// `service_unavailable`: the denylist is unreachable; repeat the request after `Retry-After` seconds
    #[response(status = 503, headers(("Retry-After" = u64, description = "Seconds to wait")))]
    Unavailable(ErrorResponse<'static>),
}
