//! Parsing `POSTGRES__URL`.

use std::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::servers;
use crate::error::ConfigError;

/// The servers of a URL.
pub(crate) struct Address {
    /// One driver configuration per server, in the order of the URL. The TLS mode is off or required, never "prefer".
    pub(crate) servers: Vec<Config>,
    pub(crate) transport: Transport,
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
    pub(crate) fn parse(url: &str, allow_plain_text: bool) -> Result<Self, ConfigError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(ConfigError::InvalidUrl);
        }
        // The driver's error is dropped: it may quote the URL, and with it the password.
        let mut config: Config = driver_url(url).parse().map_err(|_| ConfigError::InvalidUrl)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(ConfigError::NoHost);
        }
        let transport = transport(config.get_ssl_mode(), distance(&config), allow_plain_text);
        config.ssl_mode(match transport {
            Transport::Local | Transport::PlainText => SslMode::Disable,
            Transport::Tls => SslMode::Require,
        });
        if config.get_application_name().is_none() {
            config.application_name("hooksentry-auth");
        }
        Ok(Self { servers: servers::split(&config)?, transport })
    }
}

/// Replaces two values of libpq's `sslmode` that the driver does not know. `require` means the same here, because
/// certificate and host name are always verified.
fn driver_url(url: &str) -> String {
    let Some((place, options)) = url.rsplit_once('?') else { return url.to_owned() };
    let options = options.replace("sslmode=verify-full", "sslmode=require");
    format!("{place}?{}", options.replace("sslmode=verify-ca", "sslmode=require"))
}

fn transport(requested: SslMode, distance: Distance, allow_plain_text: bool) -> Transport {
    let is_required = requested == SslMode::Require;
    match distance {
        Distance::Socket => Transport::Local,
        Distance::Loopback if !is_required => Transport::Local,
        Distance::Network if !is_required && allow_plain_text => Transport::PlainText,
        Distance::Loopback | Distance::Network => Transport::Tls,
    }
}

/// If the URL has addresses (`hostaddr`), the driver connects to these, and host names are for TLS only.
fn distance(config: &Config) -> Distance {
    let addresses = config.get_hostaddrs().iter().map(|address| distance_of(*address));
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Unix(_) => Distance::Socket,
        Host::Tcp(name) if name.eq_ignore_ascii_case("localhost") => Distance::Loopback,
        Host::Tcp(name) => name.trim_matches(['[', ']']).parse().map_or(Distance::Network, distance_of),
    });
    addresses.max().or_else(|| hosts.max()).unwrap_or(Distance::Network)
}

fn distance_of(address: IpAddr) -> Distance {
    if address.to_canonical().is_loopback() { Distance::Loopback } else { Distance::Network }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport_of(url: &str, allow_plain_text: bool) -> Transport {
        Address::parse(url, allow_plain_text).unwrap().transport
    }

    // S-86
    #[test]
    fn plain_text_leaves_the_machine_only_if_allowed() {
        for host in ["db.example.com", "10.0.0.1", "[2001:db8::1]", "localhost.example.com", "localhost,db"] {
            for mode in ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require"] {
                let url = format!("postgres://auth@{host}/db{mode}");
                assert_eq!(transport_of(&url, false), Transport::Tls, "{url}");
                let expected = if mode.ends_with("require") { Transport::Tls } else { Transport::PlainText };
                assert_eq!(transport_of(&url, true), expected, "{url}");
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
                ("?sslmode=require", Transport::Tls),
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
}
