//! One file an endpoint; each only translates.

mod documentation;
pub(super) mod health;
pub(super) mod login;
pub(super) mod logout;
pub(super) mod refresh;
mod to_the_end;
mod token_response;

#[cfg(test)]
mod tests;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::{Any, Get, Head};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpResponse, Resource, Route};

pub(super) use token_response::TokenResponse;

use super::{ApiError, catch_panics};

/// Every route of the public listener.
pub(crate) fn configure(service: &mut ServiceConfig) {
    service
        .service(endpoint("/api/v1/auth/login", "POST", web::post().to(login::login)))
        .service(endpoint("/api/v1/auth/refresh", "POST", web::post().to(refresh::refresh)))
        .service(endpoint("/api/v1/auth/logout", "POST", web::post().to(logout::logout)))
        .service(endpoint("/health", "GET, HEAD", read().to(health::live)))
        .service(endpoint("/health/ready", "GET, HEAD", read().to(health::ready)))
        .service(endpoint("/openapi.json", "GET, HEAD", read().to(documentation::document)))
        .service(endpoint("/swagger", "GET, HEAD", read().to(documentation::swagger)))
        .service(endpoint("/swagger/{file:.*}", "GET, HEAD", read().to(documentation::swagger_file)))
        .default_service(web::to(|| async { Err::<HttpResponse, _>(ApiError::NotFound) }));
}

/// A path with one route; every other method is told which ones there are.
fn endpoint(
    path: &str,
    allow: &'static str,
    route: Route,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let others = web::to(move || async move { Err::<HttpResponse, _>(ApiError::MethodNotAllowed(allow)) });
    web::resource(path).route(route).default_service(others).wrap(from_fn(catch_panics))
}

/// GET, and HEAD beside it (RFC 9110 §9.3.2).
fn read() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}
