//! The OpenAPI document, written down beside the code that it describes.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::error::ErrorResponse;
use super::routes;
use super::token_response::TokenResponse;
use crate::readiness::Report;

#[cfg(test)]
mod tests;

/// The whole document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "HookSentry Auth",
        description = "Login, refresh and logout for the HookSentry dashboard API, and verification for everything beside it.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        routes::login::login,
        routes::refresh::refresh,
        routes::logout::logout,
        routes::me::me,
        routes::verify::verify,
        routes::health::live,
        routes::health::ready,
    ),
    components(schemas(TokenResponse, ErrorResponse, Report)),
    modifiers(&BearerScheme),
)]
struct Document;

/// Declares the bearer token that protected endpoints ask for.
struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Writes the document as JSON.
pub(super) fn document() -> serde_json::Result<String> {
    Document::openapi().to_json()
}
