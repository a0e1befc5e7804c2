//! Parsing `POSTGRES__URL`.

use std::net::IpAddr;

use auth_store_connection::{Host, TlsSettings};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation};

use super::mode::Mode;
use super::server_order::ServerOrder;
use super::servers;
use super::tls_files;
use super::tls_paths::TlsPaths;
use super::url::{self, Parsed};
use crate::error::ConfigError;

/// The servers of a URL.
pub(crate) struct Address {
    /// One driver configuration per server, in the order of the URL. The TLS mode is off or required, never "prefer".
    pub(crate) servers: Vec<Config>,
    /// The order in which they are tried.
    pub(crate) order: ServerOrder,
    pub(crate) transport: Transport,
    /// `None` for plain text.
    pub(crate) tls: Option<TlsSettings>,
}

/// The protection of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Plain text that does not leave this machine.
    Local,
    /// Plain text over a network, allowed by `POSTGRES__ALLOW_PLAIN_TEXT`.
    PlainText,
    Tls,
    /// TLS with each certificate that a public authority has signed, whatever its name.
    TlsWithAnyName,
}

/// The distance of the farthest server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    Socket,
    Loopback,
    Network,
}

impl Address {
    /// Parses a URL. `paths` are the files of the settings.
    pub(crate) fn parse(url: &str, paths: TlsPaths<'_>, allow_plain_text: bool) -> Result<Self, ConfigError> {
        let Parsed { mut common, hosts, addresses, mode, files } = url::parse(url)?;
        let mut transport = transport(mode, distance(&hosts, &addresses), allow_plain_text)?;
        common.ssl_mode(match transport {
            Transport::Local | Transport::PlainText => SslMode::Disable,
            Transport::Tls | Transport::TlsWithAnyName => SslMode::Require,
        });
        let tls = match transport {
            Transport::Tls | Transport::TlsWithAnyName => {
                let tls = tls_files::settings(paths, &files, mode)?;
                if tls.authorities.is_none() && !tls.verifies_name {
                    transport = Transport::TlsWithAnyName;
                }
                Some(tls)
            }
            Transport::Local | Transport::PlainText => {
                reject_parameters_of_tls(&common)?;
                tls_files::reject_unused(paths, &files)?;
                None
            }
        };
        let servers = servers::split(&common, &hosts, &addresses)?;
        let order = ServerOrder::new(common.get_load_balance_hosts() == LoadBalanceHosts::Random);
        Ok(Self { servers, order, transport, tls })
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
    use std::path::Path;

    use auth_store_connection::TlsFile;

    use super::*;

    fn parsed(url: &str, allow_plain_text: bool) -> Result<Address, ConfigError> {
        Address::parse(url, TlsPaths::default(), allow_plain_text)
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
                ("?sslmode=verify-ca", Transport::TlsWithAnyName),
                ("?sslmode=verify-ca&sslrootcert=/ca.pem", Transport::Tls),
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
    fn files_for_tls_are_those_of_the_settings_or_of_the_url() {
        let [ca, certificate, key] = ["/ca.pem", "/client.pem", "/client.key"].map(Path::new);
        let paths =
            TlsPaths { authorities: Some(ca), client_certificate: Some(certificate), client_key: Some(key) };
        let tls = |url: &str, paths| Address::parse(url, paths, false).unwrap().tls.unwrap();
        let of_settings = tls("postgres://auth@db/users", paths);
        assert_eq!(of_settings.authorities, Some(TlsFile::new(ca, "POSTGRES__CA_FILE")));
        let names = ("POSTGRES__CLIENT_CERT_FILE", "POSTGRES__CLIENT_KEY_FILE");
        let client = Some((TlsFile::new(certificate, names.0), TlsFile::new(key, names.1)));
        assert_eq!(of_settings.client, client);

        let files = "sslrootcert=/ca.pem&sslcert=/client.pem&sslkey=/client.key";
        let of_url = tls(&format!("postgres://auth@db/users?{files}"), TlsPaths::default());
        assert_eq!(of_url.authorities, Some(TlsFile::new(ca, "POSTGRES__URL: sslrootcert")));
        assert_eq!(of_url.client.unwrap().1.path, key);
        let system = "postgres://auth@db/users?sslmode=verify-full&sslrootcert=system";
        assert_eq!(tls(system, TlsPaths::default()).authorities, None);

        let both = Address::parse(&format!("postgres://auth@db/users?{files}"), paths, false);
        assert!(matches!(both, Err(ConfigError::SetTwice(..))));
        let half = TlsPaths { client_certificate: Some(certificate), ..TlsPaths::default() };
        let half = Address::parse("postgres://auth@db/users", half, false).err().unwrap().to_string();
        assert_eq!(half, "POSTGRES__CLIENT_CERT_FILE: POSTGRES__CLIENT_KEY_FILE is missing; write both");
    }

    // S-86
    #[test]
    fn only_verify_full_compares_the_host_name() {
        for (mode, verifies_name) in
            [("verify-full", true), ("verify-ca", false), ("require&sslrootcert=/ca.pem", false)]
        {
            let address = parsed(&format!("postgres://auth@db/users?sslmode={mode}"), false).unwrap();
            assert_eq!(address.tls.unwrap().verifies_name, verifies_name, "{mode}");
        }
        assert!(parsed("postgres://auth@db/users", false).unwrap().tls.unwrap().verifies_name);
    }
}
