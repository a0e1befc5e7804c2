//! Panics of handlers.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use futures_util::FutureExt;

use crate::http::error::ApiError;

/// Makes a panic of a handler one 500; the worker goes on with its other requests (S-77).
///
/// It wraps resources, not the whole application: routing needs the only reference to the request.
pub(in crate::http) async fn catch_panics(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let kept = request.request().clone();
    if let Ok(response) = AssertUnwindSafe(next.call(request)).catch_unwind().await {
        return response.map(ServiceResponse::map_into_boxed_body);
    }
    // The panic hook has logged it.
    Ok(ServiceResponse::new(kept, ApiError::Internal.error_response()))
}
