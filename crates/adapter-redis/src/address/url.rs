//! Parsing `REDIS__URL`.
//!
//! The driver's own parser ignores parameters, and a user without a password.

use auth_store_connection::{Host, Remedy, ServerUrl, UrlError};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};

use crate::error::ConfigError;

const DEFAULT_PORT: u16 = 6379;

const EXAMPLE: &str = "write for example rediss://user:password@redis.example.com:6380";

/// `sslmode`, with the words of libpq: whether the certificate must be for the host name.
const MODES: &[(&str, bool)] = &[("verify-full", true), ("verify-ca", false)];

/// Advice for parameters that other clients have.
const REMEDIES: &[Remedy] = &[
    ("db", "write the number of the database as the path, such as rediss://redis.example.com:6380/3"),
    ("database", "write the number of the database as the path, such as rediss://redis.example.com:6380/3"),
    ("user", "write user:password@ before the host"),
    ("username", "write user:password@ before the host"),
    ("pass", "write user:password@ before the host"),
    ("password", "write user:password@ before the host"),
    ("ssl_ca_certs", "use REDIS__CA_FILE"),
    ("ssl_cert_reqs", "remove it: certificates are always verified"),
    ("ssl_check_hostname", "use sslmode=verify-ca"),
    ("sslmode", "write rediss:// for TLS"),
    ("ssl", "write rediss:// for TLS"),
    ("tls", "write rediss:// for TLS"),
    ("protocol", "remove it: the service chooses the version of the protocol"),
];

/// The parts of a URL.
pub(super) struct ParsedUrl {
    /// Contains the password.
    pub(super) connection: ConnectionInfo,
    /// Whether the certificate must be for the host name.
    pub(super) verifies_name: bool,
}

/// Parses the URL of one server.
pub(super) fn parse(url: &str) -> Result<ParsedUrl, ConfigError> {
    let mut url = ServerUrl::parse(url)?;
    let user = url.take_user();
    let password = url.take_password();
    let (address, path) = match url.scheme() {
        "redis" | "valkey" => (tcp(&url, false)?, url.path().to_owned()),
        "rediss" | "valkeys" => (tcp(&url, true)?, url.path().to_owned()),
        "unix" | "redis+unix" | "valkey+unix" => return socket(url, user.is_some() || password.is_some()),
        _ => {
            return Err(UrlError::new(format!(
                "the URL begins with no scheme of one Redis server; {EXAMPLE}"
            ))
            .into());
        }
    };
    let is_tls = matches!(address, ConnectionAddr::TcpTls { .. });
    let verifies_name = if is_tls { url.take_one_of("sslmode", MODES)?.unwrap_or(true) } else { true };
    url.finish(REMEDIES)?;
    let settings = settings(&path, user.as_deref(), password.as_ref().map(|text| text.as_str()))?;
    Ok(ParsedUrl { connection: connection(address, settings)?, verifies_name })
}

/// Parses the rest of a URL of a socket, whose parameters have the database and the credentials.
fn socket(mut url: ServerUrl, has_credentials: bool) -> Result<ParsedUrl, ConfigError> {
    if !url.hosts().is_empty() || url.path().is_empty() || has_credentials {
        return Err(UrlError::new(
            "the URL of a socket has a path only; write for example unix:///run/redis.sock?user=NAME&pass=PASSWORD",
        )
        .into());
    }
    no_fragment(&url)?;
    let (database, user, password) = (url.take("db"), url.take("user"), url.take("pass"));
    url.finish(&[("password", "write pass=")])?;
    let database = database.as_ref().map_or("", |text| text.as_str());
    let settings = settings(
        database,
        user.as_ref().map(|text| text.as_str()),
        password.as_ref().map(|text| text.as_str()),
    )?;
    let connection = connection(ConnectionAddr::Unix(format!("/{}", url.path()).into()), settings)?;
    Ok(ParsedUrl { connection, verifies_name: true })
}

fn tcp(url: &ServerUrl, is_tls: bool) -> Result<ConnectionAddr, ConfigError> {
    let host = match url.hosts() {
        [] => return Err(UrlError::new(format!("the URL has no host; {EXAMPLE}")).into()),
        [Host { name, .. }] if name.starts_with('/') => {
            return Err(UrlError::new("the host is a path; write unix:///run/redis.sock for a socket").into());
        }
        [host] => host,
        _ => return Err(UrlError::new("the URL has several hosts; write one server").into()),
    };
    if is_tls && url.fragment() == Some("insecure") {
        return Err(ConfigError::Unverified);
    }
    no_fragment(url)?;
    let (host, port) = (host.name.clone(), host.port.unwrap_or(DEFAULT_PORT));
    Ok(if is_tls {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    })
}

fn no_fragment(url: &ServerUrl) -> Result<(), UrlError> {
    match url.fragment() {
        None => Ok(()),
        Some(_) => Err(UrlError::new("the URL has a # part; percent-encode # (%23), or remove it")),
    }
}

/// Returns the settings of connections. Redis has a password for every user, and the driver ignores a user without one.
fn settings(
    database: &str,
    user: Option<&str>,
    password: Option<&str>,
) -> Result<RedisConnectionInfo, ConfigError> {
    let database = database.strip_suffix('/').unwrap_or(database);
    let number = if database.is_empty() { Ok(0) } else { database.parse::<u32>() };
    let is_number = database.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = number.ok().filter(|_| is_number) else {
        return Err(UrlError::new("the database is not a number; write for example /0 after the host").into());
    };
    let settings = RedisConnectionInfo::default().set_db(number.into());
    match (user, password) {
        (None, None) => Ok(settings),
        (None, Some(password)) => Ok(settings.set_password(password)),
        (Some(user), Some(password)) => Ok(settings.set_username(user).set_password(password)),
        (Some(_), None) => {
            let text = "the user has no password; write user:password@, or :password@ for the user `default`";
            Err(UrlError::new(text).into())
        }
    }
}

fn connection(address: ConnectionAddr, settings: RedisConnectionInfo) -> Result<ConnectionInfo, UrlError> {
    let info = address.into_connection_info();
    let info = info.map_err(|_| UrlError::new(format!("the driver rejects the address; {EXAMPLE}")))?;
    Ok(info.set_redis_settings(settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (String, i64, Option<String>, Option<String>) {
        let info = parse(url).unwrap_or_else(|error| panic!("{url}: {error}")).connection;
        let settings = info.redis_settings();
        let text = |text: Option<&str>| text.map(str::to_owned);
        (info.addr().to_string(), settings.db(), text(settings.username()), text(settings.password()))
    }

    // S-95
    #[test]
    fn every_part_of_a_redis_url_is_used() {
        let some = |text: &str| Some(text.to_owned());
        for (url, address, database, user, password) in [
            ("redis://127.0.0.1", "127.0.0.1:6379", 0, None, None),
            ("redis://127.0.0.1/", "127.0.0.1:6379", 0, None, None),
            ("REDIS://localhost:7000/12", "localhost:7000", 12, None, None),
            ("valkey://my_redis:7000/3/", "my_redis:7000", 3, None, None),
            ("redis://[::1]:7000", "::1:7000", 0, None, None),
            ("rediss://:p%40ss%2Fw%25@redis:6380", "redis:6380", 0, None, some("p@ss/w%")),
            ("rediss://me%3A:a:b@redis", "redis:6379", 0, some("me:"), some("a:b")),
            ("unix:///run/redis.sock", "/run/redis.sock", 0, None, None),
            (
                "redis+unix:///run/redis.sock?db=2&user=u&pass=p%26",
                "/run/redis.sock",
                2,
                some("u"),
                some("p&"),
            ),
        ] {
            assert_eq!(parsed(url), (address.to_owned(), database, user, password), "{url}");
        }
    }
}
