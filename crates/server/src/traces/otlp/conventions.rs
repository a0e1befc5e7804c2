//! The names, kinds and attributes of exported spans, by the semantic conventions of OpenTelemetry.

use std::mem::take;

use opentelemetry::trace::SpanKind;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

use crate::compose::AdapterSpan;

/// The name of the span of a request within the program.
pub(super) const REQUEST: &str = "request";

/// The attributes that are exported, with their names within the program. All others stay in the process (S-83).
const EXPORTED: [(&str, &str); 9] = [
    ("client", "client.address"),
    ("error.type", "error.type"),
    ("http.request.method", "http.request.method"),
    ("http.response.status_code", "http.response.status_code"),
    ("http.route", "http.route"),
    ("request_id", "http.response.header.x-request-id"),
    ("server.address", "server.address"),
    ("session_id", "session.id"),
    ("user_id", "user.id"),
];

/// Gives a span the names that it is exported with.
pub(super) fn apply(span: &mut SpanData) {
    let attributes = take(&mut span.attributes);
    let target = attributes.iter().find(|attribute| attribute.key.as_str() == "target");
    let target = target.map_or_else(String::new, |target| target.value.as_str().into_owned());
    span.attributes = attributes.into_iter().filter_map(exported).collect();
    if span.name == REQUEST {
        request(span);
    } else if let Some(adapter) = AdapterSpan::of_target(&target) {
        port(span, &adapter);
    }
}

fn request(span: &mut SpanData) {
    let text = |key: &str| {
        let attribute = span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
        attribute.map(|attribute| attribute.value.as_str().into_owned())
    };
    let method = text("http.request.method").filter(|method| method != "_OTHER");
    let method = method.unwrap_or_else(|| "HTTP".to_owned());
    span.name = text("http.route").map_or(method.clone(), |route| format!("{method} {route}")).into();
    span.span_kind = SpanKind::Server;
    span.attributes.push(KeyValue::new("url.scheme", "http"));
}

/// A span of a port has the name `port.method`.
fn port(span: &mut SpanData, adapter: &AdapterSpan<'_>) {
    if let Some(system) = adapter.database {
        span.span_kind = SpanKind::Client;
        span.attributes.push(KeyValue::new("db.system.name", system));
        span.attributes.push(KeyValue::new("db.operation.name", span.name.clone()));
    }
    span.name = format!("{}.{}", adapter.port, span.name).into();
}

/// Returns an attribute as it is exported; `None` if it is not.
fn exported(attribute: KeyValue) -> Option<KeyValue> {
    let (known, name) = EXPORTED.into_iter().find(|(known, _)| *known == attribute.key.as_str())?;
    if attribute.value.as_str() == "-" {
        return None;
    }
    let value = match known {
        // Headers are lists by the conventions.
        "request_id" => {
            Value::Array(Array::String(vec![StringValue::from(attribute.value.as_str().into_owned())]))
        }
        _ => attribute.value,
    };
    Some(KeyValue::new(name, value))
}
