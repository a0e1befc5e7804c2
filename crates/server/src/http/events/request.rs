//! What events record in their request and in its span.

use std::fmt::Display;

use actix_web::{HttpMessage, HttpRequest};
use auth_domain::model::{SessionId, UserId};
use auth_verifier::RejectionLogged;
use tracing::Span;

/// The mark of requests whose rejection has an event.
struct HasEvent;

/// Marks the request: its use case logs an event for a rejection.
pub(in crate::http) fn will_have_event(request: &HttpRequest) {
    request.extensions_mut().insert(HasEvent);
}

/// Returns whether a rejection of the request has an event.
pub(in crate::http) fn has_event(request: &HttpRequest) -> bool {
    let marks = request.extensions();
    marks.contains::<HasEvent>() || marks.contains::<RejectionLogged>()
}

/// Records the user and the session in the span of the request, `-` for what is not known.
pub(super) fn record(user_id: Option<UserId>, session_id: Option<SessionId>) {
    let span = Span::current();
    span.record("user_id", or_dash(user_id)).record("session_id", or_dash(session_id));
}

/// Returns the text of a value in the log, `-` for what is not known.
pub(in crate::http) fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
