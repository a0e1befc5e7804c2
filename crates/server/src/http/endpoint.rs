//! Routes with the methods of a path.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::{Any, Get, Head};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpResponse, Resource, Route, web};

use super::error::ApiError;
use super::middleware::catch_panics;
use super::request_state::RequestState;

/// Returns a path with one route. Other methods get a 405 with the methods in `allow`.
pub(super) fn endpoint(
    path: &'static str,
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
    web::resource(path).route(route).default_service(others).wrap(from_fn(
        move |request: ServiceRequest, next: Next<BoxBody>| {
            RequestState::with(&request, |state| state.route.set(path));
            catch_panics(request, next)
        },
    ))
}

/// Returns a route for GET and HEAD (RFC 9110 §9.3.2).
pub(super) fn read() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}
