//! Parsing `POSTGRES__URL`, with the parameters of libpq.

use std::net::IpAddr;
use std::path::PathBuf;

use auth_store_connection::{Host, Remedy, ServerUrl, UrlError};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslNegotiation, TargetSessionAttrs};

use super::mode::Mode;
use super::tls_paths::TlsParameters;
use crate::error::ConfigError;

const EXAMPLE: &str = "write for example postgres://auth@db.example.com/hooksentry";

/// Advice for parameters of other clients, and for those that the service sets itself.
const REMEDIES: &[Remedy] = &[
    ("ssl", "use sslmode=verify-full"),
    ("requiressl", "use sslmode=verify-full"),
    ("tls", "use sslmode=verify-full"),
    ("ssl_mode", "use sslmode"),
    ("schema", "use options=-c%20search_path%3DNAME"),
    ("currentschema", "use options=-c%20search_path%3DNAME"),
    ("search_path", "use options=-c%20search_path%3DNAME"),
    ("passfile", "write the password into the URL"),
    ("service", "write host, user and database into the URL"),
    ("sslpassword", "remove it: the key of the client certificate must not be encrypted"),
    ("connection_limit", "use POSTGRES__POOL"),
    ("pool_size", "use POSTGRES__POOL"),
    ("max_connections", "use POSTGRES__POOL"),
    ("database", "write the database as the path, such as postgres://auth@db.example.com/hooksentry"),
    ("username", "write user:password@ before the host"),
];

/// The settings of the server that the service sets itself, so that `options` cannot set them.
const OWN_SETTINGS: [&str; 4] =
    ["statement_timeout", "idle_in_transaction_session_timeout", "plan_cache_mode", "row_security"];

/// The default of `application_name`.
const PROGRAM: &str = "hooksentry-auth";

const MODES: &[(&str, Mode)] = &[
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];
const CHANNEL_BINDINGS: &[(&str, ChannelBinding)] = &[
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];
const SESSION_ATTRIBUTES: &[(&str, TargetSessionAttrs)] = &[
    ("any", TargetSessionAttrs::Any),
    ("primary", TargetSessionAttrs::Any),
    ("read-write", TargetSessionAttrs::ReadWrite),
];
const LOAD_BALANCE: &[(&str, LoadBalanceHosts)] =
    &[("disable", LoadBalanceHosts::Disable), ("random", LoadBalanceHosts::Random)];
const NEGOTIATIONS: &[(&str, SslNegotiation)] =
    &[("postgres", SslNegotiation::Postgres), ("direct", SslNegotiation::Direct)];

/// The parts of a URL.
pub(super) struct Parsed {
    /// Without hosts, TLS and timeouts.
    pub(super) common: Config,
    pub(super) hosts: Vec<Host>,
    /// The addresses of the hosts (`hostaddr`); empty if the URL has none.
    pub(super) addresses: Vec<IpAddr>,
    pub(super) mode: Option<Mode>,
    pub(super) files: TlsParameters,
}

pub(super) fn parse(url: &str) -> Result<Parsed, ConfigError> {
    let mut url = ServerUrl::parse(url)?;
    if !["postgres", "postgresql"].contains(&url.scheme()) {
        return Err(UrlError::new(format!("the URL does not begin with postgres://; {EXAMPLE}")).into());
    }
    if url.fragment().is_some() {
        return Err(UrlError::new("the URL has a # part; percent-encode # (%23), or remove it").into());
    }
    check_connect_timeout(&mut url)?;
    let parsed = Parsed {
        common: common(&mut url)?,
        hosts: url.take_hosts()?,
        addresses: addresses(&mut url)?,
        mode: url.take_one_of("sslmode", MODES)?,
        files: files(&mut url),
    };
    url.finish(REMEDIES)?;
    Ok(parsed)
}

/// Takes the files for TLS.
fn files(url: &mut ServerUrl) -> TlsParameters {
    let mut path = |name| url.take(name).map(|path| PathBuf::from(path.as_str()));
    TlsParameters {
        authorities: path("sslrootcert"),
        client_certificate: path("sslcert"),
        client_key: path("sslkey"),
    }
}

/// Takes what all servers have in common.
fn common(url: &mut ServerUrl) -> Result<Config, UrlError> {
    let mut config = Config::new();
    if let Some(user) = once("user", url.take_user(), url.take("user").map(|text| text.to_string()))? {
        config.user(user);
    }
    if let Some(password) = once("password", url.take_password(), url.take("password"))? {
        config.password(password.as_bytes());
    }
    if url.path().contains('/') {
        return Err(UrlError::new("the database contains a /; write one name after the host"));
    }
    let database = Some(url.path().to_owned()).filter(|name| !name.is_empty());
    if let Some(database) = once("dbname", database, url.take("dbname").map(|text| text.to_string()))? {
        config.dbname(database);
    }
    if let Some(options) = url.take("options") {
        // The server reads names of settings in any case, and `--statement-timeout` as `-c statement_timeout`.
        let names = options.as_str().to_ascii_lowercase().replace('-', "_");
        if let Some(name) = OWN_SETTINGS.iter().find(|name| names.contains(*name)) {
            return Err(UrlError::new(format!(
                "parameter `options` sets {name}, which the service sets; remove it there"
            )));
        }
        config.options(options.as_str());
    }
    config.application_name(url.take("application_name").as_ref().map_or(PROGRAM, |name| name.as_str()));
    if let Some(binding) = url.take_one_of("channel_binding", CHANNEL_BINDINGS)? {
        config.channel_binding(binding);
    }
    if let Some(attributes) = session_attributes(url)? {
        config.target_session_attrs(attributes);
    }
    if let Some(balance) = url.take_one_of("load_balance_hosts", LOAD_BALANCE)? {
        config.load_balance_hosts(balance);
    }
    if let Some(negotiation) = url.take_one_of("sslnegotiation", NEGOTIATIONS)? {
        config.ssl_negotiation(negotiation);
    }
    Ok(config)
}

/// Returns a value that has a place in the URL and a parameter.
fn once<T>(name: &str, place: Option<T>, parameter: Option<T>) -> Result<Option<T>, UrlError> {
    match (place, parameter) {
        (Some(_), Some(_)) => Err(UrlError::new(format!("`{name}` is set twice; remove the parameter"))),
        (place, parameter) => Ok(place.or(parameter)),
    }
}

fn addresses(url: &mut ServerUrl) -> Result<Vec<IpAddr>, UrlError> {
    let Some(text) = url.take("hostaddr") else { return Ok(Vec::new()) };
    let addresses: Result<_, _> = text.split(',').map(str::parse).collect();
    addresses.map_err(|_| UrlError::new("parameter `hostaddr` is no IP address; write one for each host"))
}

/// Takes `target_session_attrs`. The values of libpq for standbys are rejected, because only a primary is ever used.
fn session_attributes(url: &mut ServerUrl) -> Result<Option<TargetSessionAttrs>, UrlError> {
    let Some(value) = url.take("target_session_attrs") else { return Ok(None) };
    let known = SESSION_ATTRIBUTES.iter().find(|(name, _)| *name == value.as_str());
    known.map(|(_, attributes)| Some(*attributes)).ok_or_else(|| {
        UrlError::new(
            "parameter `target_session_attrs` asks for something else than a primary, which is the only server that the service uses; write \
             primary or read-write, or remove it",
        )
    })
}

/// Takes `connect_timeout`, which is an upper bound: the service never waits for a host longer than one second, the least value.
fn check_connect_timeout(url: &mut ServerUrl) -> Result<(), UrlError> {
    let Some(seconds) = url.take("connect_timeout") else { return Ok(()) };
    match seconds.parse::<u32>() {
        Ok(1..) => Ok(()),
        Ok(0) | Err(_) => Err(UrlError::new(
            "parameter `connect_timeout` is no whole number of seconds from 1; the service waits 1 s at most for all hosts together; \
             write 1 or more, or remove it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host as DriverHost;

    use super::*;
    use crate::config::{Address, TlsPaths};

    fn servers(url: &str) -> Vec<Config> {
        let address = Address::parse(url, TlsPaths::default(), true);
        address.unwrap_or_else(|error| panic!("{url}: {error}")).servers
    }

    fn hosts(url: &str) -> Vec<(String, Option<IpAddr>, u16)> {
        let named = |server: Config| {
            let host = match server.get_hosts() {
                [DriverHost::Tcp(name)] => name.clone(),
                [DriverHost::Unix(path)] => path.display().to_string(),
                _ => String::new(),
            };
            (host, server.get_hostaddrs().first().copied(), server.get_ports()[0])
        };
        servers(url).into_iter().map(named).collect()
    }

    #[test]
    fn each_host_of_the_url_becomes_one_server() {
        let host = |name: &str, address: Option<&str>, port| {
            (name.to_owned(), address.map(|text| text.parse().unwrap()), port)
        };
        for (url, expected) in [
            ("postgres://localhost/db", vec![host("localhost", None, 5432)]),
            (
                "postgres://auth:pw@localhost:5433,[::1]:5434,127.0.0.1/db",
                vec![host("localhost", None, 5433), host("::1", None, 5434), host("127.0.0.1", None, 5432)],
            ),
            ("postgresql:///db?host=/run/postgresql", vec![host("/run/postgresql", None, 5432)]),
            ("postgres://%2Frun%2Fpostgresql:6000/db", vec![host("/run/postgresql", None, 6000)]),
            ("postgres:///db?host=a,b&port=6000", vec![host("a", None, 6000), host("b", None, 6000)]),
            ("postgres:///db?host=a,b&port=6000,6001", vec![host("a", None, 6000), host("b", None, 6001)]),
            ("postgres:///db?hostaddr=10.0.0.1", vec![host("", Some("10.0.0.1"), 5432)]),
            (
                "postgres://a,b:6000/db?hostaddr=10.0.0.1,::1",
                vec![host("a", Some("10.0.0.1"), 5432), host("b", Some("::1"), 6000)],
            ),
        ] {
            assert_eq!(hosts(url), expected, "{url}");
        }
        let uneven =
            Address::parse("postgres://auth@localhost,db/db?hostaddr=127.0.0.1", TlsPaths::default(), true);
        assert!(matches!(uneven, Err(ConfigError::UnevenHosts)));
    }

    // S-95
    #[test]
    fn every_part_of_a_url_is_used() {
        let url = "POSTGRES://me%3A:p%40%2Fs:s@db/us%20ers?options=-c%20search_path%3Dauth&application_name=a+b&\
                   channel_binding=require&target_session_attrs=read-write&load_balance_hosts=random&sslmode=verify-full&\
                   sslnegotiation=direct&connect_timeout=1";
        let [server] = &servers(url)[..] else { panic!("one server") };
        assert_eq!(server.get_user(), Some("me:"));
        assert_eq!(server.get_password(), Some(&b"p@/s:s"[..]));
        assert_eq!(server.get_dbname(), Some("us ers"));
        assert_eq!(server.get_options(), Some("-c search_path=auth"));
        assert_eq!(server.get_application_name(), Some("a+b"));
        assert_eq!(server.get_channel_binding(), ChannelBinding::Require);
        assert_eq!(server.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(server.get_load_balance_hosts(), LoadBalanceHosts::Random);
        assert_eq!(server.get_ssl_negotiation(), SslNegotiation::Direct);

        let [server] = &servers("postgres://db?user=me&password=p%26w&dbname=users")[..] else { panic!() };
        assert_eq!((server.get_user(), server.get_dbname()), (Some("me"), Some("users")));
        assert_eq!(server.get_password(), Some(&b"p&w"[..]));
        assert_eq!(server.get_application_name(), Some("hooksentry-auth"));
    }
}
