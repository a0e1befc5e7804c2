//! `GET /openapi.json` and `GET /swagger`

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::web::{Bytes, Path, ServiceConfig};
use utoipa_swagger_ui::{Config, serve};

use super::endpoint::{endpoint, read};
use super::error::ApiError;
use super::openapi;

#[cfg(test)]
mod tests;

/// The content security policy of the page: it loads its own scripts and styles, calls only this service, and no page may frame it.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Sets up the routes.
pub(super) fn configure(service: &mut ServiceConfig) {
    service
        .service(endpoint("/openapi.json", "GET, HEAD", read().to(document)))
        .service(endpoint("/swagger", "GET, HEAD", read().to(swagger)))
        .service(endpoint("/swagger/{file:.*}", "GET, HEAD", read().to(swagger_file)));
}

/// Returns the OpenAPI document.
async fn document() -> Result<HttpResponse, ApiError> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let document = if let Some(document) = DOCUMENT.get() {
        document.clone()
    } else {
        let document = openapi::document().map_err(|_| ApiError::Internal)?.into();
        DOCUMENT.get_or_init(|| document).clone()
    };
    Ok(HttpResponse::Ok().content_type("application/json").body(document))
}

/// Redirects to the folder: the page names its assets relative to it.
async fn swagger() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/swagger/")).finish()
}

/// Returns the page or one of its assets, all of them compiled in.
async fn swagger_file(path: Path<String>) -> Result<HttpResponse, ApiError> {
    // Only GET can be tried out: ten clicks on "Execute" with an example login would use up the login limit of the address.
    let config = Config::from("/openapi.json").supported_submit_methods(["get"]).validator_url("none");
    let config = Arc::new(config);
    let file = serve(&path, config).map_err(|_| ApiError::Internal)?.ok_or(ApiError::NotFound)?;
    // All responses share the asset, so that a slow client holds no copy of it (S-74).
    let bytes = match file.bytes {
        Cow::Borrowed(asset) => Bytes::from_static(asset),
        Cow::Owned(generated) => generated.into(),
    };
    let content_type = match file.content_type.as_str() {
        text if text.starts_with("text/") && !text.contains("charset") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    let mut response = HttpResponse::Ok();
    response.content_type(content_type).insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY));
    Ok(response.body(bytes))
}
