//! The client behind trusted proxies.

mod list;
mod node;

use std::net::IpAddr;

use list::ListTail;

/// The header in which the trusted proxies name the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressHeader {
    /// `X-Forwarded-For`
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}

impl AddressHeader {
    /// Returns the address in an entry of the header.
    fn address(self, entry: &[u8]) -> Option<IpAddr> {
        let address = match self {
            Self::XForwardedFor => node::node(entry.trim_ascii()),
            Self::Forwarded => node::element(entry),
        };
        address.map(|address| address.to_canonical())
    }
}

/// Returns the address to count for a request; `None` if the trusted proxies add no address. `lines` returns the lines of `header`.
///
/// It is the peer, unless the peer is trusted. Then it is the right-most address of the header that is not a trusted proxy: a proxy
/// appends on the right, and the client may have written everything further left. An entry that cannot be read counts for the proxy
/// that wrote it, so that no header value removes a request from the count (S-90).
pub fn client_address<'a, L: DoubleEndedIterator<Item = &'a [u8]>>(
    peer: IpAddr,
    lines: impl Fn() -> L,
    header: AddressHeader,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Option<IpAddr> {
    let mut proxy = peer.to_canonical();
    if !is_trusted(proxy) {
        return Some(proxy);
    }
    if lines().all(|line| line.trim_ascii().is_empty()) {
        return None;
    }
    let tail = ListTail::of(lines());
    for entry in tail.entries(header == AddressHeader::Forwarded) {
        let Some(address) = entry.and_then(|entry| header.address(entry)) else {
            return Some(proxy);
        };
        if !is_trusted(address) {
            return Some(address);
        }
        proxy = address;
    }
    None
}
