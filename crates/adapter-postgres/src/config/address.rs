//! Parsing `POSTGRES__URL`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use auth_store_connection::Host;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation};

use super::authorities::Authorities;
use super::server_order::ServerOrder;
use super::servers;
use super::url::{self, Mode, Parsed};
use crate::error::ConfigError;

/// The servers of a URL.
pub(crate) struct Address {
    /// One driver configuration per server, in the order of the URL. The TLS mode is off or required, never "prefer".
    pub(crate) servers: Vec<Config>,
    /// The order in which they are tried.
    pub(crate) order: ServerOrder,
    pub(crate) transport: Transport,
    pub(crate) authorities: Authorities,
}

/// The protection of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Plain text that does not leave this machine.
    Local,
    /// Plain text over a network, allowed by `POSTGRES__ALLOW_PLAIN_TEXT`.
    PlainText,
    Tls,
}

/// The distance of the farthest server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Socket,
    Loopback,
    Network,
}

impl Address {
    /// Parses a URL. `ca_file` is `POSTGRES__CA_FILE`.
    pub(crate) fn parse(
        url: &str,
        ca_file: Option<&Path>,
        allow_plain_text: bool,
    ) -> Result<Self, ConfigError> {
        let Parsed { mut common, hosts, addresses, mode, root_certificate, has_connect_timeout } =
            url::parse(url)?;
        let transport = transport(mode, distance(&hosts, &addresses), allow_plain_text)?;
        let authorities = authorities(ca_file, root_certificate, mode, transport)?;
        common.ssl_mode(match transport {
            Transport::Local | Transport::PlainText => SslMode::Disable,
            Transport::Tls => SslMode::Require,
        });
        if transport != Transport::Tls {
            reject_parameters_of_tls(&common)?;
        }
        let servers = servers::split(&common, &hosts, &addresses)?;
        if has_connect_timeout && servers.len() > 1 {
            return Err(ConfigError::ConnectTimeout);
        }
        let order = ServerOrder::new(common.get_load_balance_hosts() == LoadBalanceHosts::Random);
        Ok(Self { servers, order, transport, authorities })
    }
}

fn transport(
    mode: Option<Mode>,
    distance: Distance,
    allow_plain_text: bool,
) -> Result<Transport, ConfigError> {
    let requires_tls = match mode {
        None => false,
        Some(Mode::Require | Mode::VerifyCa | Mode::VerifyFull) => true,
        Some(Mode::Disable | Mode::Allow | Mode::Prefer) => {
            if distance == Distance::Network && !allow_plain_text {
                return Err(ConfigError::PlainText);
            }
            false
        }
    };
    Ok(match distance {
        Distance::Socket => Transport::Local,
        Distance::Loopback if !requires_tls => Transport::Local,
        Distance::Network if !requires_tls && allow_plain_text => Transport::PlainText,
        Distance::Loopback | Distance::Network => Transport::Tls,
    })
}

/// Returns the authorities of the setting or of the URL.
fn authorities(
    ca_file: Option<&Path>,
    root_certificate: Option<PathBuf>,
    mode: Option<Mode>,
    transport: Transport,
) -> Result<Authorities, ConfigError> {
    let authorities = match (ca_file, root_certificate) {
        (Some(_), Some(_)) => return Err(ConfigError::TwoAuthorities),
        (None, Some(path)) if path.as_os_str() == SYSTEM => match mode {
            Some(Mode::VerifyFull) => Authorities::System,
            _ => return Err(ConfigError::UnverifiedName),
        },
        (Some(path), None) => Authorities::of_setting(path),
        (None, Some(path)) => Authorities::of_url(path),
        (None, None) => Authorities::System,
    };
    match (&authorities, mode, transport) {
        (Authorities::File { setting, .. }, _, Transport::Local | Transport::PlainText) => {
            Err(ConfigError::UnusedAuthorities(setting))
        }
        (Authorities::System, Some(Mode::Require), Transport::Tls) => Err(ConfigError::MissingAuthority),
        _ => Ok(authorities),
    }
}

/// The value of `sslrootcert` for the authorities of the system.
const SYSTEM: &str = "system";

fn reject_parameters_of_tls(common: &Config) -> Result<(), ConfigError> {
    let binding = common.get_channel_binding() == ChannelBinding::Require;
    let negotiation = common.get_ssl_negotiation() == SslNegotiation::Direct;
    match (binding, negotiation) {
        (true, _) => Err(ConfigError::NeedsTls("channel_binding=require")),
        (_, true) => Err(ConfigError::NeedsTls("sslnegotiation=direct")),
        (false, false) => Ok(()),
    }
}

/// If the URL has addresses (`hostaddr`), the driver connects to these, and host names are for TLS only.
fn distance(hosts: &[Host], addresses: &[IpAddr]) -> Distance {
    let addresses = addresses.iter().map(|address| distance_of(*address));
    let hosts = hosts.iter().map(|host| match host.name.as_str() {
        path if path.starts_with('/') => Distance::Socket,
        name if name.eq_ignore_ascii_case("localhost") => Distance::Loopback,
        name => name.parse().map_or(Distance::Network, distance_of),
    });
    addresses.max().or_else(|| hosts.max()).unwrap_or(Distance::Network)
}

fn distance_of(address: IpAddr) -> Distance {
    if address.to_canonical().is_loopback() { Distance::Loopback } else { Distance::Network }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str, allow_plain_text: bool) -> Result<Address, ConfigError> {
        Address::parse(url, None, allow_plain_text)
    }

    fn transport_of(url: &str, allow_plain_text: bool) -> Transport {
        parsed(url, allow_plain_text).unwrap_or_else(|error| panic!("{url}: {error}")).transport
    }

    // S-86, S-95
    #[test]
    fn plain_text_leaves_the_machine_only_if_allowed() {
        for host in ["db.example.com", "10.0.0.1", "[2001:db8::1]", "localhost.example.com", "localhost,db"] {
            for mode in ["disable", "allow", "prefer"] {
                let url = format!("postgres://auth@{host}/db?sslmode={mode}");
                assert!(matches!(parsed(&url, false), Err(ConfigError::PlainText)), "{url}");
                assert_eq!(transport_of(&url, true), Transport::PlainText, "{url}");
            }
            let url = format!("postgres://auth@{host}/db");
            assert_eq!(transport_of(&url, false), Transport::Tls, "{url}");
            assert_eq!(transport_of(&url, true), Transport::PlainText, "{url}");
            for allowed in [false, true] {
                let url = format!("{url}?sslmode=verify-full");
                assert_eq!(transport_of(&url, allowed), Transport::Tls, "{url}");
            }
        }
        assert_eq!(transport_of("postgres://a@localhost/db?hostaddr=10.0.0.1", false), Transport::Tls);
    }

    // S-86
    #[test]
    fn tls_on_this_machine_is_used_if_the_url_requires_it() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "LOCALHOST:5433"] {
            for (mode, expected) in [
                ("", Transport::Local),
                ("?sslmode=disable", Transport::Local),
                ("?sslmode=prefer", Transport::Local),
                ("?sslmode=require&sslrootcert=/ca.pem", Transport::Tls),
                ("?sslmode=verify-full", Transport::Tls),
                ("?sslmode=verify-ca", Transport::Tls),
            ] {
                let url = format!("postgres://auth@{host}/db{mode}");
                assert_eq!(transport_of(&url, false), expected, "{url}");
            }
        }
        let socket = "postgres://auth@%2Fvar%2Frun%2Fpostgresql/db?sslmode=require";
        assert_eq!(transport_of(socket, false), Transport::Local);
    }

    // S-95
    #[test]
    fn authorities_are_those_of_the_setting_of_the_url_or_of_the_system() {
        let file = |setting| Authorities::File { path: "/ca.pem".into(), setting };
        let url = "postgres://auth@db/users";
        let ca_file = Some(Path::new("/ca.pem"));
        let of = |url: &str, ca_file| Address::parse(url, ca_file, false).unwrap().authorities;
        assert_eq!(of(url, None), Authorities::System);
        assert_eq!(of(url, ca_file), file("POSTGRES__CA_FILE"));
        assert_eq!(of(&format!("{url}?sslrootcert=%2Fca.pem"), None), file("POSTGRES__URL: sslrootcert"));
        assert_eq!(of(&format!("{url}?sslmode=require"), ca_file), file("POSTGRES__CA_FILE"));
        let system = format!("{url}?sslmode=verify-full&sslrootcert=system");
        assert_eq!(of(&system, None), Authorities::System);
    }
}
