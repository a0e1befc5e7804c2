//! What events record in their request and in its span.

use std::fmt::{self, Display};

use actix_web::{HttpMessage, HttpRequest};
use auth_domain::model::{SessionId, UserId};
use auth_verifier::RejectionLogged;
use tracing::Span;
use tracing::field::display;

use crate::http::request_state::RequestState;

/// Marks the request: its use case logs an event for a rejection.
pub(in crate::http) fn will_have_event(request: &HttpRequest) {
    RequestState::with(request, |state| state.has_event.set(true));
}

/// Returns whether a rejection of the request has an event.
pub(in crate::http) fn has_event(request: &HttpRequest) -> bool {
    RequestState::with(request, |state| state.has_event.get())
        || request.extensions().contains::<RejectionLogged>()
}

/// Records the user and the session in the span of the request, `-` for what is not known.
pub(super) fn record(user_id: Option<UserId>, session_id: Option<SessionId>) {
    let span = Span::current();
    span.record("user_id", display(OrDash(user_id))).record("session_id", display(OrDash(session_id)));
}

/// A value in the log, `-` if it is not known.
pub(in crate::http) struct OrDash<T>(pub(in crate::http) Option<T>);

impl<T: Display> Display for OrDash<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}
