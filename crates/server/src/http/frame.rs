//! What every request has in common: an id, a log span, a count, the standard headers, and one 500 for
//! a panic.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpResponse, ResponseError};
use auth_domain::model::ClientAddress;
use auth_domain::ports::{Entropy, random_bytes};
use auth_verifier::AuthError;
use futures_util::FutureExt;
use tracing::{Instrument, debug, info, info_span};
use uuid::Builder;

use super::ApiError;
use super::cors::OpenToBrowsers;
use super::events;
use super::routes;
use crate::app::AppState;
use crate::connection::Rejection;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest incoming request id that is kept.
const MAX_REQUEST_ID: usize = 128;

/// The content security policy of responses that are no page: they may load and run nothing, and no page may frame them.
const NO_CONTENT: &str = "default-src 'none'; frame-ancestors 'none'";

/// Gives the request its id, logs and counts it, and completes the answer's headers.
pub(crate) async fn frame(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
        return Err(AuthError::Internal.into());
    };
    let id = request_id(request.headers(), &*state.entropy);
    let span = info_span!("request", request_id = %id);
    let method = request.method().clone();
    let started = state.clock.instant();

    let is_open = request.app_data::<OpenToBrowsers>().is_some();
    let cors = state.cors.read(request.head()).filter(|_| is_open);
    let mut response = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
    if let Some(cors) = cors {
        response = cors.complete(response);
    }
    complete(response.headers_mut(), &id);

    // The pattern, not the path: a path can hold anything that somebody pasted.
    let path = response.request().match_pattern().unwrap_or_else(|| "-".to_owned());
    let elapsed = state.clock.instant().duration_since(started);
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    span.in_scope(|| {
        let client = || events::shown(state.client(response.request()));
        if is_logged(&state, &response, &path) {
            info!(event = "request", client = client(), %method, path, status, elapsed_ms, "request answered");
        } else {
            debug!(event = "request", client = client(), %method, path, status, elapsed_ms, "request answered");
        }
    });
    state.metrics.request(method.as_str(), path, status, elapsed);
    Ok(response)
}

/// Returns whether a request has a line of level info. It has none if its rejection has an event of its own, or if the
/// client was rejected too often for the same reason.
fn is_logged(state: &AppState, response: &ServiceResponse<BoxBody>, path: &str) -> bool {
    let (request, status) = (response.request(), response.status());
    if is_routine(request.method(), path, status) {
        return false;
    }
    if !status.is_client_error() && !status.is_server_error() {
        return true;
    }
    !events::has_event(request)
        && state.is_logged(state.client(request), "request", format!("{} {path}", status.as_u16()))
}

/// Returns whether a response is one of those that would fill the log: a read that succeeded, which any client can repeat
/// without limit, or the answer to a proxy that asks for each request of the platform.
fn is_routine(method: &Method, path: &str, status: StatusCode) -> bool {
    let is_read = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
    let is_success = !status.is_client_error() && !status.is_server_error();
    (is_read && is_success) || (path == routes::verify::PATH && status == StatusCode::UNAUTHORIZED)
}

/// Turns a panic of a handler into one 500; the worker and its other requests go on (S-77).
///
/// It wraps resources, not the whole application: routing needs the request for itself alone.
pub(crate) async fn catch_panics(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let kept = request.request().clone();
    if let Ok(response) = AssertUnwindSafe(next.call(request)).catch_unwind().await {
        return response.map(ServiceResponse::map_into_boxed_body);
    }
    // The panic hook has logged it.
    Ok(ServiceResponse::new(kept, AuthError::Internal.error_response()))
}

/// Returns the response to a request that never reaches the application, logged and counted like any other.
pub(crate) fn reject(state: &AppState, rejection: Rejection, peer: IpAddr) -> HttpResponse {
    let mut response = ApiError::from(rejection).error_response();
    let id = request_id(&HeaderMap::new(), &*state.entropy);
    complete(response.headers_mut(), &id);
    let status = response.status().as_u16();
    let reason = format!("{rejection:?}");
    // No header is known to be sound, so this is the peer, a trusted proxy included.
    let client = Some(ClientAddress::new(peer));
    if state.is_logged(client, "request", &reason) {
        info_span!("request", request_id = %id).in_scope(|| {
            info!(
                event = "request",
                client = events::shown(client),
                method = "-",
                path = "-",
                status,
                reason,
                "request rejected"
            );
        });
    }
    state.metrics.request("-", "-".to_owned(), status, Duration::ZERO);
    response
}

/// Sets the headers that every response has.
fn complete(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_CONTENT));
    }
}

/// Keeps an incoming id that is safe to log and to send back, and makes one otherwise.
fn request_id(headers: &HeaderMap, entropy: &dyn Entropy) -> String {
    let mut given = headers.get_all(&X_REQUEST_ID).filter_map(|value| value.to_str().ok());
    if let (Some(id), None) = (given.next(), given.next())
        && is_sane(id)
    {
        return id.to_owned();
    }
    // An id that is not random is still better than no answer.
    let bytes = random_bytes(entropy).unwrap_or_default();
    Builder::from_random_bytes(*bytes).into_uuid().to_string()
}

fn is_sane(id: &str) -> bool {
    (1..=MAX_REQUEST_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use auth_domain::mocks::counting_entropy;
    use proptest::prelude::*;

    use super::*;

    fn id_for(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        request_id(&headers, &counting_entropy())
    }

    #[test]
    fn a_sane_id_is_kept_and_anything_else_is_replaced() {
        assert_eq!(id_for(&[b"trace-1_a.b:c"]), "trace-1_a.b:c");
        for bad in [
            [].as_slice(),
            &[b"".as_slice()],
            &[b"a b"],
            &[b"a\"b"],
            &[b"\xff"],
            &[b"a", b"a"],
            &[&[b'a'; 129]],
        ] {
            assert_eq!(id_for(bad).len(), 36);
        }
    }

    proptest! {
        #[test]
        fn any_id_that_is_kept_is_safe_in_a_log_line(value in proptest::collection::vec(0x20..0x7f_u8, 0..200)) {
            let id = id_for(&[&value]);
            prop_assert!(is_sane(&id));
        }
    }
}
