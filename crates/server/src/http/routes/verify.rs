//! `GET /api/v1/auth/verify`

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use auth_verifier::Caller;

use crate::http::error::{ApiError, ErrorResponse};
use crate::http::paths;
use crate::http::schemas::{ProtectedErrors, ReadErrors};

/// Verifies the bearer token for a proxy, which passes the headers of the response on to its upstream.
///
/// Made for nginx `auth_request`, Traefik `ForwardAuth` and Caddy `forward_auth`. All five headers are always set, and empty if the
/// token has no such claim: a proxy might pass a missing header on as the client wrote it.
#[utoipa::path(
    get,
    path = paths::VERIFY,
    tag = "auth",
    security(("bearer" = [])),
    responses(
        (status = 204, description = "The bearer token is valid; its claims are in the headers", headers(
            ("X-User-Id" = String, description = "`sub`"),
            ("X-Tenant-Id" = String, description = "`tenant_id`"),
            ("X-User-Role" = String, description = "`role`"),
            ("X-User-Email" = String, description = "`email`, in UTF-8"),
            ("X-Session-Id" = String, description = "`sid`; empty in legacy tokens"),
        )),
        (status = 401, body = ErrorResponse, description = "`invalid_token`: the bearer token is missing or not valid", headers(("WWW-Authenticate" = String))),
        ReadErrors,
        ProtectedErrors,
    ),
)]
pub(in crate::http) async fn verify(caller: Caller) -> Result<HttpResponse, ApiError> {
    let session_id = caller.session_id.map_or_else(String::new, |id| id.to_string());
    let mut response = HttpResponse::NoContent();
    for (name, value) in [
        ("x-user-id", caller.user_id.to_string()),
        ("x-tenant-id", caller.tenant_id.to_string()),
        ("x-user-role", caller.role.name().to_owned()),
        ("x-user-email", caller.email.as_str().to_owned()),
        ("x-session-id", session_id),
    ] {
        // `from_str` would reject an email that is not ASCII; the HookSentry platform accepts them.
        let value = HeaderValue::try_from(value.into_bytes()).map_err(|_| ApiError::Internal)?;
        response.insert_header((HeaderName::from_static(name), value));
    }
    Ok(response.finish())
}
