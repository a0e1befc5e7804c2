//! `http`: the public listener.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::reader::Reader;
use super::values;

/// `http`.
#[derive(Debug)]
pub(crate) struct HttpSettings {
    pub(crate) listen: SocketAddr,
    /// Peers whose word on the client's address is taken.
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) client_address_header: ClientAddressHeader,
    /// How long the listener goes on after readiness has failed on SIGTERM.
    pub(crate) drain_delay: Duration,
}

/// The one header that a trusted proxy names the client in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientAddressHeader {
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl HttpSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let listen = reader.read("http.listen", values::address);
        let trusted_proxies = reader.read("http.trusted_proxies", values::networks);
        let header = reader.read("http.client_address_header", |text| match text {
            "x-forwarded-for" => Ok(ClientAddressHeader::XForwardedFor),
            "forwarded" => Ok(ClientAddressHeader::Forwarded),
            other => Err(format!("\"{other}\" is neither x-forwarded-for nor forwarded")),
        });
        let drain_delay = reader.read("http.drain_delay", values::duration);
        Some(Self {
            listen: listen?,
            trusted_proxies: trusted_proxies?,
            client_address_header: header?,
            drain_delay: drain_delay?,
        })
    }
}
