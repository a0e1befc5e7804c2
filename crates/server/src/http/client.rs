//! The client of a request.

use actix_web::dev::ServiceRequest;
use auth_domain::model::ClientAddress;

use crate::client_address::ClientAddresses;

/// The client of a request, determined once by the middleware.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Client {
    /// The address that the request counts for; `None` if the trusted proxies add no address.
    pub(super) address: Option<ClientAddress>,
    /// Whether the address is exempt from the login limit of addresses.
    pub(super) is_exempt: bool,
    /// The peer, if it is not a trusted proxy.
    pub(super) untrusted_peer: Option<ClientAddress>,
}

impl Client {
    /// Determines the client of a request.
    pub(super) fn determine(request: &ServiceRequest, addresses: &ClientAddresses) -> Self {
        let peer = request.peer_addr().map(|peer| peer.ip());
        let untrusted_peer = peer.filter(|peer| !addresses.is_trusted(*peer)).map(ClientAddress::new);
        let address = addresses.client(peer, request.headers());
        let is_exempt = address.is_some_and(|address| addresses.is_exempt(address));
        Self { address, is_exempt, untrusted_peer }
    }
}
