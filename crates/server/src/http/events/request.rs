//! What events record in their request and in its span.

use actix_web::{HttpMessage, HttpRequest};
use auth_domain::model::{SessionId, UserId};
use auth_verifier::RejectionLogged;
use tracing::Span;
use tracing::field::display;

use crate::audit::Source;
use crate::http::request_state::RequestState;
use crate::or_dash::OrDash;

/// Marks the request: its use case logs an event for a rejection.
pub(in crate::http) fn will_have_event(request: &HttpRequest) {
    RequestState::with(request, |state| state.has_event.set(true));
}

/// Returns whether a rejection of the request has an event.
pub(in crate::http) fn has_event(request: &HttpRequest) -> bool {
    RequestState::with(request, |state| state.has_event.get())
        || request.extensions().contains::<RejectionLogged>()
}

/// Returns the request as the source of security events.
pub(in crate::http) fn source(request: &HttpRequest) -> Source {
    RequestState::with(request, |state| Source::Request {
        client: state.client.address,
        id: state.audited_id.clone(),
    })
}

/// Records the user and the session in the span of the request, `-` for what is not known.
pub(super) fn record(user_id: Option<UserId>, session_id: Option<SessionId>) {
    let span = Span::current();
    span.record("user_id", display(OrDash(user_id))).record("session_id", display(OrDash(session_id)));
}
