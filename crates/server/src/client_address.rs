//! The client address of a request that came through proxies.

mod forwarded;
mod list;

use std::net::IpAddr;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR};
use auth_domain::model::ClientAddress;
use ipnet::IpNet;

use crate::config::ClientAddressHeader;
use list::ListTail;

#[cfg(test)]
mod tests;

/// The trusted proxies, and the one header in which they name the client.
#[derive(Debug)]
pub(crate) struct ClientAddresses {
    trusted_proxies: Vec<IpNet>,
    header: ClientAddressHeader,
    /// The addresses that the login limit never counts by address.
    exempt: Vec<IpNet>,
}

impl ClientAddresses {
    /// Accepts `header` only from peers in `trusted_proxies`.
    pub(crate) const fn new(trusted_proxies: Vec<IpNet>, header: ClientAddressHeader) -> Self {
        Self { trusted_proxies, header, exempt: Vec::new() }
    }

    /// Exempts the clients in `networks` from the login limit of addresses.
    pub(crate) fn exempting(self, networks: Vec<IpNet>) -> Self {
        Self { exempt: networks, ..self }
    }

    /// Returns the address to count; `None` if the trusted proxies add no address.
    ///
    /// It is the peer, unless the peer is trusted. Then it is the right-most address of the header that
    /// is not a trusted proxy: a proxy appends on the right, and the client may have written everything
    /// further left. An entry that cannot be read counts for the proxy that wrote it, so that no header value
    /// removes an attempt from the count (S-90).
    pub(crate) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<ClientAddress> {
        let mut proxy = peer?.to_canonical();
        if !self.is_trusted(proxy) {
            return Some(ClientAddress::new(proxy));
        }
        let lines = || headers.get_all(self.header_name()).map(HeaderValue::as_bytes);
        if lines().all(|line| line.trim_ascii().is_empty()) {
            return None;
        }
        let tail = ListTail::of(lines());
        for entry in tail.entries(self.header == ClientAddressHeader::Forwarded) {
            let Some(address) = entry.and_then(|entry| self.address(entry)) else {
                return Some(ClientAddress::new(proxy));
            };
            if !self.is_trusted(address) {
                return Some(ClientAddress::new(address));
            }
            proxy = address;
        }
        None
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

    fn header_name(&self) -> HeaderName {
        match self.header {
            ClientAddressHeader::XForwardedFor => X_FORWARDED_FOR,
            ClientAddressHeader::Forwarded => FORWARDED,
        }
    }

    fn address(&self, entry: &[u8]) -> Option<IpAddr> {
        let address = match self.header {
            ClientAddressHeader::XForwardedFor => forwarded::node(entry.trim_ascii()),
            ClientAddressHeader::Forwarded => forwarded::element(entry),
        };
        address.map(|address| address.to_canonical())
    }
}
