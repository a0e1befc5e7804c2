//! Whose address a request came from, when proxies stand between.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap, X_FORWARDED_FOR};
use auth_domain::model::ClientAddress;
use ipnet::IpNet;

use crate::config::ClientAddressHeader;

#[cfg(test)]
mod tests;

/// Which peers are believed, and where they say it.
#[derive(Debug)]
pub(crate) struct ClientAddresses {
    trusted_proxies: Vec<IpNet>,
    header: ClientAddressHeader,
}

impl ClientAddresses {
    /// Believes the peers in `trusted_proxies`, and only what they write into `header`.
    pub(crate) const fn new(trusted_proxies: Vec<IpNet>, header: ClientAddressHeader) -> Self {
        Self { trusted_proxies, header }
    }

    /// Returns the address to count; `None` when a trusted proxy names no client.
    ///
    /// The peer itself, unless it is trusted: then the right-most address of the header that is not
    /// a trusted proxy. What stands further left was written by the client and is never looked at.
    pub(crate) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<ClientAddress> {
        let peer = peer?.to_canonical();
        if !self.is_trusted(peer) {
            return Some(ClientAddress::new(peer));
        }
        for entry in self.entries(headers) {
            let address = self.address(entry)?.to_canonical();
            if !self.is_trusted(address) {
                return Some(ClientAddress::new(address));
            }
        }
        None
    }

    /// Tells whether the peer is a proxy that somebody listed.
    pub(crate) fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// The entries of the header, all its lines joined, from right to left.
    fn entries<'a>(&self, headers: &'a HeaderMap) -> Vec<&'a str> {
        let (name, quoting) = match self.header {
            ClientAddressHeader::XForwardedFor => (X_FORWARDED_FOR, false),
            ClientAddressHeader::Forwarded => (FORWARDED, true),
        };
        // A line that is no text cannot be read, but its place must count.
        let lines: Vec<&str> =
            headers.get_all(name).map(|value| value.to_str().unwrap_or_default()).collect();
        lines.into_iter().rev().flat_map(|line| split_from_right(line, ',', quoting)).collect()
    }

    fn address(&self, entry: &str) -> Option<IpAddr> {
        match self.header {
            ClientAddressHeader::XForwardedFor => parse_node(entry.trim()),
            ClientAddressHeader::Forwarded => parse_node(forwarded_for(entry)?),
        }
    }
}

/// The `for` parameter of one element (RFC 7239 §4); it appears once.
fn forwarded_for(element: &str) -> Option<&str> {
    let parameters = split_from_right(element, ';', true);
    let mut nodes = parameters.iter().filter_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    });
    let node = nodes.next()?;
    let unquoted = match node.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => node,
    };
    nodes.next().is_none().then_some(unquoted)
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_node(node: &str) -> Option<IpAddr> {
    let bare = node.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(node);
    bare.parse().ok().or_else(|| node.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Splits from the right, so that a quote which the client left open cannot swallow what the proxy
/// wrote after it.
fn split_from_right(text: &str, separator: char, quoting: bool) -> Vec<&str> {
    let (mut parts, mut rest, mut quoted) = (Vec::new(), text, false);
    for (position, letter) in text.char_indices().rev() {
        let before = text.get(..position).unwrap_or_default();
        // An even number of backslashes escape each other.
        let escaped = (before.len() - before.trim_end_matches('\\').len()) % 2 == 1;
        quoted ^= quoting && letter == '"' && !escaped;
        if letter == separator && !quoted {
            let (before, part) = rest.split_at_checked(position).unwrap_or_default();
            parts.push(part.strip_prefix(separator).unwrap_or(part));
            rest = before;
        }
    }
    parts.push(rest);
    parts
}
