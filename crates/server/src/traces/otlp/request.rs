//! The span of a request.

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderMap};
use actix_web::http::{Method, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::trace::{Status, TraceContextExt};
use tracing::Span;
use tracing::field::display;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::parent::parent;
use super::running::reads_parent;

/// The methods that the semantic conventions know.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::POST,
    Method::HEAD,
    Method::OPTIONS,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::CONNECT,
    Method::TRACE,
];

/// The length of the longest host name. Clients choose the `Host` header, and the queue of spans is limited by number only.
const MAX_HOST_NAME: usize = 255;

/// Makes the span of a request the child of its caller's span, and records the id of the trace. Does nothing if traces are off.
///
/// `headers` is `None` unless the peer is a trusted proxy: other clients must not decide what is sampled.
pub(crate) fn begin(span: &Span, headers: Option<&HeaderMap>) {
    let Some(reads_parent) = reads_parent() else { return };
    if let Some(parent) = headers.filter(|_| reads_parent).and_then(parent) {
        // Fails only if the span has been entered.
        let _ = span.set_parent(parent);
    }
    let context = span.context();
    span.record("trace_id", display(context.span().span_context().trace_id()));
}

/// Records the response in the span of its request. Does nothing if traces are off or the request is not sampled.
///
/// `request` is `None` if its head was rejected, and `route` is `-` if no route has the path. The path itself is not recorded: it may
/// contain a secret that was pasted there.
pub(crate) fn end(span: &Span, request: Option<&HttpRequest>, route: &'static str, status: StatusCode) {
    if reads_parent().is_none() {
        return;
    }
    let context = span.context();
    let span = context.span();
    if !span.is_recording() {
        return;
    }
    let method = METHODS.iter().find(|known| request.is_some_and(|request| *known == request.method()));
    let method = method.map_or_else(|| "_OTHER".to_owned(), ToString::to_string);
    span.set_attribute(KeyValue::new("http.request.method", method));
    if route != "-" {
        span.set_attribute(KeyValue::new("http.route", route));
    }
    let host = request.and_then(|request| request.headers().get(HOST)?.to_str().ok());
    if let Some(name) = host.map(without_port).filter(|name| name.len() <= MAX_HOST_NAME) {
        span.set_attribute(KeyValue::new("server.address", name.to_owned()));
    }
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if status.is_server_error() {
        span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
        span.set_status(Status::error(""));
    }
}

/// Returns the host of a valid `Host` header.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
