//! Parsing `REDIS__URL`.
//!
//! The driver's own parser ignores parameters, and a user without a password.

use auth_store_connection::{Host, Remedy, ServerUrl, UrlError};
use redis::ConnectionAddr;

use super::form::Form;
use super::parts::{DEFAULT_PORT, ParsedUrl, database, no_fragment, user, verifies_name};
use super::protection::Protection;
use super::several_hosts;
use crate::error::ConfigError;

const EXAMPLE: &str = "write for example rediss://user:password@redis.example.com:6380";

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
    ("", "remove it: the only parameter is sslmode, with rediss://"),
];

/// Parses a URL.
pub(super) fn parse(url: &str) -> Result<ParsedUrl, ConfigError> {
    let url = ServerUrl::parse(url)?;
    match url.scheme() {
        "redis" | "valkey" => server(url, false),
        "rediss" | "valkeys" => server(url, true),
        "unix" | "redis+unix" | "valkey+unix" => socket(url),
        "redis-sentinel" => several_hosts::sentinel(url, false),
        "rediss-sentinel" => several_hosts::sentinel(url, true),
        "redis-cluster" => several_hosts::cluster(url, false),
        "rediss-cluster" => several_hosts::cluster(url, true),
        _ => Err(UrlError::new(format!(
            "the URL begins with none of the schemes redis, rediss, redis-sentinel, rediss-sentinel, redis-cluster, \
             rediss-cluster and unix; {EXAMPLE}"
        ))
        .into()),
    }
}

/// Parses the rest of a URL of one server.
fn server(mut url: ServerUrl, is_tls: bool) -> Result<ParsedUrl, ConfigError> {
    let (name, password) = (url.take_user(), url.take_password());
    let address = tcp(&url, is_tls)?;
    no_fragment(&url, is_tls)?;
    let verifies_name = verifies_name(&mut url, is_tls)?;
    url.finish(REMEDIES)?;
    let path = url.path().strip_suffix('/').unwrap_or(url.path());
    let user = user(
        database(path, "/0 after the host")?,
        name.as_deref(),
        password.as_ref().map(|text| text.as_str()),
    )?;
    Ok(ParsedUrl { form: Form::Single(address), user, is_tls, verifies_name })
}

/// Parses the rest of a URL of a socket, whose parameters have the database and the credentials.
fn socket(mut url: ServerUrl) -> Result<ParsedUrl, ConfigError> {
    let has_credentials = url.take_user().is_some() || url.take_password().is_some();
    if !url.hosts().is_empty() || url.path().is_empty() || has_credentials {
        return Err(UrlError::new(
            "the URL of a socket has a path only; write for example unix:///run/redis.sock?user=NAME&pass=PASSWORD",
        )
        .into());
    }
    no_fragment(&url, false)?;
    let (number, name, password) = (url.take("db"), url.take("user"), url.take("pass"));
    url.finish(&[
        ("database", "write db="),
        ("password", "write pass="),
        ("", "remove it: the parameters are db, user and pass"),
    ])?;
    let number = number.as_ref().map_or("", |text| text.as_str());
    let number = database(number, "db=0")?;
    let user =
        user(number, name.as_ref().map(|text| text.as_str()), password.as_ref().map(|text| text.as_str()))?;
    let address = ConnectionAddr::Unix(format!("/{}", url.path()).into());
    Ok(ParsedUrl { form: Form::Single(address), user, is_tls: false, verifies_name: true })
}

fn tcp(url: &ServerUrl, is_tls: bool) -> Result<ConnectionAddr, UrlError> {
    let host = match url.hosts() {
        [] => return Err(UrlError::new(format!("the URL has no host; {EXAMPLE}"))),
        [Host { name, .. }] if name.starts_with('/') => {
            return Err(UrlError::new("the host is a path; write unix:///run/redis.sock for a socket"));
        }
        [host] => host,
        _ => {
            return Err(UrlError::new(
                "the URL has several hosts; write one server, or begin it with redis-sentinel:// or redis-cluster://",
            ));
        }
    };
    let protection = Protection { is_tls, allows_plain_text: false };
    Ok(protection.address(host.name.clone(), host.port.unwrap_or(DEFAULT_PORT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (String, i64, Option<String>, Option<String>) {
        let parsed = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        let Form::Single(address) = parsed.form else { panic!("{url} is of another form") };
        let text = |text: Option<&str>| text.map(str::to_owned);
        let user = parsed.user;
        (address.to_string(), user.db(), text(user.username()), text(user.password()))
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
