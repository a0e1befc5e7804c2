//! `GET /api/v1/auth/me`

use actix_web::HttpResponse;
use auth_verifier::Caller;

use crate::http::error::{ApiError, ErrorResponse};
use crate::http::instant::instant;
use crate::http::schemas::{CallerResponse, ProtectedErrors, ReadErrors};

/// Returns the user, tenant, role and session of the access token.
///
/// After a logout it returns 401.
#[utoipa::path(
    get,
    path = "/api/v1/auth/me",
    tag = "auth",
    security(("bearer" = [])),
    responses(
        (status = 200, body = CallerResponse, description = "The caller"),
        (status = 401, body = ErrorResponse, description = "`invalid_token`: the bearer token is missing or not valid", headers(("WWW-Authenticate" = String))),
        ReadErrors,
        ProtectedErrors,
    ),
)]
pub(in crate::http) async fn me(caller: Caller) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(CallerResponse {
        user_id: caller.user_id.to_string(),
        tenant_id: caller.tenant_id.to_string(),
        email: caller.email.as_str(),
        role: caller.role.into(),
        session_id: caller.session_id.map(|id| id.to_string()),
        expires_at: instant(caller.expires_at)?,
    }))
}
