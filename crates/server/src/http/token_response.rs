//! The response to a login or a refresh.

use actix_web::HttpResponse;
use auth_domain::model::TokenPair;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::instant::instant;

/// A token pair, with the field names that clients of the HookSentry platform read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenResponse<'a> {
    /// A JWT, signed with HS256
    access_token: &'a str,
    /// The lifetime of the access token in seconds
    expires_in: u64,
    /// The next refresh token; it works once.
    refresh_token: &'a str,
    /// The time at which the access token expires, RFC 3339 in UTC
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Returns the response with a token pair.
pub(super) fn token_response(tokens: &TokenPair) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(TokenResponse {
        access_token: tokens.access_token.expose(),
        expires_in: tokens.expires_in.as_secs(),
        refresh_token: &tokens.refresh_token.expose(),
        expires_at: instant(tokens.expires_at)?,
    }))
}
