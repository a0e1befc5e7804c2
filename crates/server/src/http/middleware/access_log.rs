//! The span of a request, and its line in the log.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode};
use auth_domain::model::{ClientAddress, Event};
use tracing::field::Empty;
use tracing::{Span, debug, error_span, info};

use crate::connection::Rejection;
use crate::http::events::has_event;
use crate::http::paths;
use crate::or_dash::OrDash;

/// Returns the span of a request. Its fields appear in every log line of the request; `user_id` and `session_id` are recorded when
/// they are known, and `trace_id` if traces are on. It has the level of errors, so that no filter drops it.
pub(super) fn span(id: &str, client: Option<ClientAddress>) -> Span {
    let client = OrDash(client.map(|client| client.ip()));
    error_span!("request", request_id = id, %client, user_id = Empty, session_id = Empty, trace_id = Empty)
}

/// Logs a request. The level is debug for a routine request, and for a rejection that has an event of its own.
pub(super) fn request(response: &ServiceResponse<BoxBody>, path: &str, elapsed: Duration) {
    let (request, status) = (response.request(), response.status());
    let (method, elapsed_ms) = (request.method(), u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    let is_rejection = status.is_client_error() || status.is_server_error();
    let is_quiet = is_routine(method, path, status) || (is_rejection && has_event(request));
    let status = status.as_u16();
    if is_quiet {
        debug!(event = Event::Request.name(), %method, path, status, elapsed_ms, "request answered");
    } else {
        info!(event = Event::Request.name(), %method, path, status, elapsed_ms, "request answered");
    }
}

/// Logs a request whose head was rejected.
pub(super) fn rejected_head(status: u16, rejection: Rejection) {
    info!(event = Event::Request.name(), method = "-", path = "-", status, reason = ?rejection, "request rejected");
}

/// Returns whether lines about such responses would fill the log. These are successful reads, which any client can repeat
/// without limit, and rejections by `/verify`, which proxies call for each request of the HookSentry platform.
fn is_routine(method: &Method, path: &str, status: StatusCode) -> bool {
    let is_read = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
    let is_success = !status.is_client_error() && !status.is_server_error();
    (is_read && is_success) || (path == paths::VERIFY && status == StatusCode::UNAUTHORIZED)
}
