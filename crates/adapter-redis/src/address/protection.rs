//! The protection of connections: TLS, or plain text where it is allowed.

use std::net::IpAddr;

use redis::ConnectionAddr;

use crate::error::ConfigError;

/// The protection of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Transport {
    /// TLS; the certificate is verified.
    Tls,
    /// TLS with each certificate that a public authority has signed, whatever its name.
    TlsWithAnyName,
    /// The connection stays on this machine.
    Local,
    /// Plain text to another machine, allowed by a setting.
    PlainText,
}

/// The rule for all addresses of a configuration, those that servers name included.
#[derive(Clone, Copy)]
pub(crate) struct Protection {
    pub(crate) is_tls: bool,
    pub(crate) allows_plain_text: bool,
}

impl Protection {
    /// Returns the address of a server.
    pub(crate) const fn address(self, host: String, port: u16) -> ConnectionAddr {
        if self.is_tls {
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(host, port)
        }
    }

    /// Returns the protection of a connection to an address.
    ///
    /// # Errors
    /// [`ConfigError::PlainText`] if plain text to that machine is not allowed.
    pub(crate) fn transport(self, address: &ConnectionAddr) -> Result<Transport, ConfigError> {
        match address {
            ConnectionAddr::TcpTls { .. } => Ok(Transport::Tls),
            ConnectionAddr::Tcp(host, _) if is_loopback(host) => Ok(Transport::Local),
            ConnectionAddr::Unix(_) => Ok(Transport::Local),
            ConnectionAddr::Tcp(..) if self.allows_plain_text => Ok(Transport::PlainText),
            _ => Err(ConfigError::PlainText),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}
