//! Paths and their methods.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::{Any, Get, Head};
use actix_web::middleware::from_fn;
use actix_web::{Error, HttpResponse, Resource, Route, web};

use super::{ApiError, catch_panics};

/// A path with one route; every other method is told which ones there are.
pub(super) fn endpoint(
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
pub(super) fn read() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}
