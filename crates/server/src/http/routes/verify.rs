//! `GET /api/v1/auth/verify`

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use auth_verifier::{AuthError, Caller};

use crate::http::ApiError;
use crate::http::error::ErrorResponse;
use crate::http::schemas::{ProtectedAnswers, ReadAnswers};

/// Where proxies ask.
pub(in crate::http) const PATH: &str = "/api/v1/auth/verify";

/// Verifies the bearer for a proxy, which passes the headers of the answer on to what stands behind it.
///
/// Made for nginx `auth_request`, Traefik `ForwardAuth` and Caddy `forward_auth`. All five headers are always there, an empty one where
/// the token says nothing: what is missing here a proxy might let through as the client wrote it.
#[utoipa::path(
    get,
    path = PATH,
    tag = "auth",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "The bearer is valid; who it is", headers(
            ("X-User-Id" = String, description = "`sub`"),
            ("X-Tenant-Id" = String, description = "`tenant_id`"),
            ("X-User-Role" = String, description = "`role`"),
            ("X-User-Email" = String, description = "`email`, in UTF-8"),
            ("X-Session-Id" = String, description = "`sid`; empty in tokens of the platform's former issuer"),
        )),
        (status = 401, body = ErrorResponse, description = "`invalid_token`: no valid bearer", headers(("WWW-Authenticate" = String))),
        ReadAnswers,
        ProtectedAnswers,
    ),
)]
pub(in crate::http) async fn verify(caller: Caller) -> Result<HttpResponse, ApiError> {
    let session_id = caller.session_id.map_or_else(String::new, |id| id.to_string());
    let mut answer = HttpResponse::NoContent();
    for (name, value) in [
        ("x-user-id", caller.user_id.to_string()),
        ("x-tenant-id", caller.tenant_id.to_string()),
        ("x-user-role", caller.role.name().to_owned()),
        ("x-user-email", caller.email.as_str().to_owned()),
        ("x-session-id", session_id),
    ] {
        // Not `from_str`, which would refuse what is not ASCII: the platform lets such addresses in.
        let value = HeaderValue::try_from(value.into_bytes()).map_err(|_| AuthError::Internal)?;
        answer.insert_header((HeaderName::from_static(name), value));
    }
    Ok(answer.finish())
}
