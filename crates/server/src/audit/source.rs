//! The part of the program in which a security event occurred.

use std::sync::Arc;

use auth_domain::model::ClientAddress;

/// The part of the program in which a security event occurred.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A request. Its span has the client, the user and the session for the log.
    Request {
        /// The client; `None` if the trusted proxies add no address.
        client: Option<ClientAddress>,
        /// The id; `None` if there is no audit stream.
        id: Option<Arc<str>>,
    },
    /// A command of the command line, which has no client.
    Command,
    /// The service outside of requests.
    Service,
}
