//! HTTP: routes, requests, responses and middleware.

mod admin;
mod admin_secret;
mod body;
mod client;
mod documentation;
mod endpoint;
mod error;
mod events;
#[cfg(test)]
pub(crate) mod fixtures;
mod idempotency_key;
mod instant;
mod middleware;
mod openapi;
mod paths;
mod request_state;
mod request_time;
mod requests;
mod routes;
mod run_to_completion;
#[cfg(test)]
mod scan_cost;
mod schemas;
mod token_response;
mod wrong_secrets;

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, to};

pub(crate) use admin_secret::AdminSecret;
use error::ApiError;
use middleware::OpenToBrowsers;
pub(crate) use middleware::{Cors, Middleware, middleware};
pub(crate) use routes::{ReadinessDetails, StrictVerifier};
pub(crate) use run_to_completion::UseCaseTasks;

/// Sets up the routes of the public listener; `documentation` is whether `/swagger` and `/openapi.json` are among them.
pub(crate) fn configure_public(service: &mut ServiceConfig, documentation: bool) {
    if documentation {
        documentation::configure(service);
    }
    service.app_data(OpenToBrowsers);
    routes::configure(service);
    service.default_service(to(not_found));
}

/// Sets up the routes of the admin listener.
pub(crate) fn configure_admin(service: &mut ServiceConfig, has_secret: bool) {
    admin::configure(service, has_secret);
    service.default_service(to(not_found));
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound)
}
