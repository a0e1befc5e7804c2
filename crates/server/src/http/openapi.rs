//! The OpenAPI document, generated from the handlers and the types of their requests and responses.

mod error_examples;
mod token_links;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::error::ErrorResponse;
use super::routes;
use super::token_response::TokenResponse;
use crate::readiness::Report;
use error_examples::ErrorExamples;
use token_links::TokenLinks;

#[cfg(test)]
mod tests;

/// The whole document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "HookSentry Auth",
        description = "Login, refresh and logout for the HookSentry dashboard API, and verification of access tokens for other services. \
            Errors have the body `ErrorResponse`. Login, refresh and logout ignore the case of ASCII letters in their path and field names, one \
            trailing slash, and a byte order mark before the body; two spellings of one name in an object of the body are a 400. Every response has an `X-Request-Id`. Pages of other origins may call the service \
            if the operator lists their origin in `HTTP__CORS_ORIGINS`; they can read `Retry-After` and `X-Request-Id`.",
        contact(name = "HookSentry Auth", url = "https://github.com/hooksentry/hooksentry-auth"),
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "The server of this document")),
    tags(
        (name = "auth", description = "Sessions and their tokens"),
        (name = "health", description = "Liveness and readiness"),
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
    modifiers(&BearerScheme, &OpenOperations, &ErrorExamples, &TokenLinks),
)]
struct Document;

/// Declares the bearer token of protected endpoints.
struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// Adds an explicit empty security requirement to every operation that has none.
struct OpenOperations;

impl Modify for OpenOperations {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
                operation.security.get_or_insert_default();
            }
        }
    }
}

/// Returns the document as JSON.
///
/// # Errors
/// An error of the serializer.
pub(super) fn document() -> serde_json::Result<String> {
    Document::openapi().to_json()
}
