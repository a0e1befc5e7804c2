//! From a URL to where to connect, and whether over TLS.

use std::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::config::ConfigError;
use crate::limits::STATEMENT;
use crate::servers;

/// Where the database is.
pub(crate) struct Address {
    /// A configuration of the driver for each server, in the order of the URL; its TLS mode is either off or required, never
    /// "if possible".
    pub(crate) servers: Vec<Config>,
    pub(crate) transport: Transport,
}

/// What the bytes travel in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Plain text that does not leave this machine.
    Local,
    /// Plain text over a network, as somebody has allowed expressly.
    Exposed,
    Tls,
}

/// How far away the furthest of the servers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Socket,
    Loopback,
    Network,
}

impl Address {
    pub(crate) fn parse(url: &str, allow_plain_text: bool) -> Result<Self, ConfigError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(ConfigError::NoAddress);
        }
        // What the driver says may quote the address, and with it the password.
        let mut config: Config = understood(url).parse().map_err(|_| ConfigError::NoAddress)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(ConfigError::NoHost);
        }
        let transport = transport(config.get_ssl_mode(), reach(&config), allow_plain_text);
        config.ssl_mode(match transport {
            Transport::Local | Transport::Exposed => SslMode::Disable,
            Transport::Tls => SslMode::Require,
        });
        set_statement_timeouts(&mut config);
        if config.get_application_name().is_none() {
            config.application_name("hooksentry-auth");
        }
        Ok(Self { servers: servers::each(&config)?, transport })
    }
}

/// The driver does not know libpq's names for what this adapter does in any case.
fn understood(url: &str) -> String {
    let Some((place, options)) = url.rsplit_once('?') else { return url.to_owned() };
    let options = options.replace("sslmode=verify-full", "sslmode=require");
    format!("{place}?{}", options.replace("sslmode=verify-ca", "sslmode=require"))
}

/// Plain text leaves this machine only where that is allowed expressly.
fn transport(asked: SslMode, reach: Reach, allow_plain_text: bool) -> Transport {
    let is_asked = asked == SslMode::Require;
    match reach {
        Reach::Socket => Transport::Local,
        Reach::Loopback if !is_asked => Transport::Local,
        Reach::Network if !is_asked && allow_plain_text => Transport::Exposed,
        Reach::Loopback | Reach::Network => Transport::Tls,
    }
}

/// Addresses are what is connected to where there are any; the names are then only for TLS.
fn reach(config: &Config) -> Reach {
    let addresses = config.get_hostaddrs().iter().map(|address| reach_of(*address));
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Unix(_) => Reach::Socket,
        Host::Tcp(name) if name.eq_ignore_ascii_case("localhost") => Reach::Loopback,
        Host::Tcp(name) => name.trim_matches(['[', ']']).parse().map_or(Reach::Network, reach_of),
    });
    addresses.max().or_else(|| hosts.max()).unwrap_or(Reach::Network)
}

fn reach_of(address: IpAddr) -> Reach {
    if address.to_canonical().is_loopback() { Reach::Loopback } else { Reach::Network }
}

fn set_statement_timeouts(config: &mut Config) {
    let own = config.get_options().unwrap_or_default();
    let millis = STATEMENT.as_millis();
    let options =
        format!("{own} -c statement_timeout={millis} -c idle_in_transaction_session_timeout={millis}");
    config.options(options.trim_start());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport_of(url: &str, allow_plain_text: bool) -> Transport {
        Address::parse(url, allow_plain_text).unwrap().transport
    }

    // S-86
    #[test]
    fn plain_text_never_leaves_the_machine_unless_it_is_allowed() {
        for host in ["db.example.com", "10.0.0.1", "[2001:db8::1]", "localhost.example.com", "localhost,db"] {
            for mode in ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require"] {
                let url = format!("postgres://auth@{host}/db{mode}");
                assert_eq!(transport_of(&url, false), Transport::Tls, "{url}");
                let expected = if mode.ends_with("require") { Transport::Tls } else { Transport::Exposed };
                assert_eq!(transport_of(&url, true), expected, "{url}");
            }
        }
        assert_eq!(transport_of("postgres://a@localhost/db?hostaddr=10.0.0.1", false), Transport::Tls);
    }

    // S-86
    #[test]
    fn on_this_machine_tls_is_used_when_it_is_asked_for() {
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

    #[test]
    fn options_of_the_address_are_kept_beside_the_limits() {
        let url = "postgres://auth@localhost/db?options=-c%20search_path%3Dplatform";
        let address = Address::parse(url, false).unwrap();
        let [server] = &address.servers[..] else { panic!("one server") };
        let options = server.get_options().unwrap().to_owned();
        assert!(options.starts_with("-c search_path=platform -c statement_timeout=2000"), "{options}");
        assert_eq!(server.get_ssl_mode(), SslMode::Disable);
    }
}
