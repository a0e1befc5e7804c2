//! HTTP: reading requests, calling one use case each, and answering as the contract says.

mod bearer;
mod body;
mod documentation;
mod endpoint;
mod error;
mod events;
mod form;
mod frame;
mod openapi;
mod routes;
mod schemas;
mod strict_json;
mod token_response;
mod unread_body;

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, to};

pub(crate) use error::ApiError;
use frame::catch_panics;
pub(crate) use frame::frame;

/// Everything that the public listener answers.
pub(crate) fn configure(service: &mut ServiceConfig) {
    routes::configure(service);
    documentation::configure(service);
    service.default_service(to(|| async { Err::<HttpResponse, _>(ApiError::NotFound) }));
}
