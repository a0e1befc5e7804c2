//! HTTP: reading requests, calling one use case each, and answering as the contract says.

mod admin;
mod body;
mod body_rejection;
mod cors;
mod documentation;
mod endpoint;
mod error;
mod events;
#[cfg(test)]
pub(crate) mod fixtures;
mod form;
mod frame;
mod instant;
mod openapi;
mod routes;
mod run_to_completion;
#[cfg(test)]
mod scan_cost;
mod schemas;
mod strict_json;
mod token_response;

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, to};

pub(crate) use admin::WrongSecrets;
pub(crate) use cors::Cors;
use cors::OpenToBrowsers;
pub(crate) use error::ApiError;
pub(crate) use events::rejected_bearer;
use frame::catch_panics;
pub(crate) use frame::{frame, reject};

/// Everything that the public listener answers.
pub(crate) fn configure(service: &mut ServiceConfig) {
    documentation::configure(service);
    configure_without_documentation(service);
}

/// The same without `/swagger` and `/openapi.json`.
pub(crate) fn configure_without_documentation(service: &mut ServiceConfig) {
    service.app_data(OpenToBrowsers);
    routes::configure(service);
    service.default_service(to(nothing_here));
}

/// Everything that the admin listener answers.
pub(crate) fn configure_admin(service: &mut ServiceConfig, has_secret: bool) {
    admin::configure(service, has_secret);
    service.default_service(to(nothing_here));
}

async fn nothing_here() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}
