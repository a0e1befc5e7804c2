//! HTTP: reading requests, calling one use case each, and answering as the contract says.

mod bearer;
mod body;
mod client_address;
mod documentation;
mod endpoint;
mod error;
mod events;
mod form;
mod frame;
mod openapi;
mod proxy_suspicion;
mod routes;
mod schemas;
mod strict_json;
mod token_response;

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, to};

pub(crate) use client_address::ClientAddresses;
pub(crate) use error::ApiError;
use frame::catch_panics;
pub(crate) use frame::frame;
pub(crate) use proxy_suspicion::ProxySuspicion;

/// Everything that the public listener answers.
pub(crate) fn configure(service: &mut ServiceConfig) {
    routes::configure(service);
    documentation::configure(service);
    service.default_service(to(|| async { Err::<HttpResponse, _>(ApiError::NotFound) }));
}
