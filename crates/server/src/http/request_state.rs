//! The state of a request, which the middleware and its handlers share.

use std::cell::Cell;
use std::sync::Arc;

use actix_web::HttpMessage;

use super::client::Client;

/// The state of a request, from its head to its line in the log. It is one value, so that a request allocates once for it.
#[derive(Default)]
pub(super) struct RequestState {
    pub(super) client: Client,
    /// The pattern of the route, `-` if no route has the path. The path itself may contain a secret that was pasted there.
    pub(super) route: Cell<&'static str>,
    /// The id of the request; `None` if there is no audit stream.
    pub(super) audited_id: Option<Arc<str>>,
    /// Whether a rejection of the request has an event.
    pub(super) has_event: Cell<bool>,
}

impl RequestState {
    /// Begins the state of a request.
    pub(super) fn begin(request: &impl HttpMessage, client: Client, audited_id: Option<Arc<str>>) {
        let (route, has_event) = (Cell::new("-"), Cell::default());
        request.extensions_mut().insert(Self { client, route, audited_id, has_event });
    }

    /// Calls `f` with the state of a request that went through the middleware, and with an empty one otherwise.
    pub(super) fn with<T>(request: &impl HttpMessage, f: impl FnOnce(&Self) -> T) -> T {
        match request.extensions().get() {
            Some(state) => f(state),
            None => f(&Self::default()),
        }
    }

    /// Returns the client of a request.
    pub(super) fn client(request: &impl HttpMessage) -> Client {
        Self::with(request, |state| state.client)
    }
}
