//! `GET /openapi.json` and `GET /swagger`

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::Path;
use utoipa_swagger_ui::{Config, serve};

use crate::http::{ApiError, openapi};

/// Answers with the OpenAPI document.
pub(super) async fn document() -> Result<HttpResponse, ApiError> {
    let document = openapi::document().map_err(|_| ApiError::Internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(document))
}

/// Leads to the folder: the page names its assets relative to it.
pub(super) async fn swagger() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/swagger/")).finish()
}

/// Answers with the page or one of its assets, all of them compiled in.
pub(super) async fn swagger_file(path: Path<String>) -> Result<HttpResponse, ApiError> {
    let config = Arc::new(Config::from("/openapi.json"));
    let file = serve(&path, config).map_err(|_| ApiError::Internal)?.ok_or(ApiError::NotFound)?;
    Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned()))
}
