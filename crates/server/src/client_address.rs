//! The client address of a request that came through proxies.

use std::net::IpAddr;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderValue, X_FORWARDED_FOR};
use auth_domain::model::ClientAddress;
use auth_http_input::{AddressHeader, client_address};
use ipnet::IpNet;

#[cfg(test)]
mod tests;

/// The trusted proxies, and the one header in which they name the client.
#[derive(Debug)]
pub(crate) struct ClientAddresses {
    trusted_proxies: Vec<IpNet>,
    header: AddressHeader,
    /// The addresses that the login limit never counts by address.
    exempt: Vec<IpNet>,
}

impl ClientAddresses {
    /// Accepts `header` only from peers in `trusted_proxies`.
    pub(crate) const fn new(trusted_proxies: Vec<IpNet>, header: AddressHeader) -> Self {
        Self { trusted_proxies, header, exempt: Vec::new() }
    }

    /// Exempts the clients in `networks` from the login limit of addresses.
    pub(crate) fn exempting(self, networks: Vec<IpNet>) -> Self {
        Self { exempt: networks, ..self }
    }

    /// Returns the address to count; `None` if the trusted proxies add no address. See [`client_address`] for the rules.
    pub(crate) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<ClientAddress> {
        let name = match self.header {
            AddressHeader::XForwardedFor => X_FORWARDED_FOR,
            AddressHeader::Forwarded => FORWARDED,
        };
        let lines = || headers.get_all(&name).map(HeaderValue::as_bytes);
        let address = client_address(peer?, lines, self.header, |address| self.is_trusted(address));
        address.map(ClientAddress::new)
    }

    /// Returns whether the address is a listed proxy.
    pub(crate) fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Returns whether the login limit never counts the client by address. An IPv6 range has at most 64 bits, so it contains a
    /// whole /64 or nothing of it.
    pub(crate) fn is_exempt(&self, client: ClientAddress) -> bool {
        self.exempt.iter().any(|network| network.contains(&client.ip()))
    }
}
