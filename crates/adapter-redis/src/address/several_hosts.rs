//! Parsing the URLs of Sentinel and of clusters.

use auth_store_connection::{Remedy, ServerUrl, UrlError};
use redis::ConnectionAddr;

use super::form::{Form, SentinelForm};
use super::parts::{DEFAULT_PORT, ParsedUrl, database, no_fragment, user, verifies_name};
use super::protection::Protection;
use crate::error::ConfigError;

const SENTINEL_PORT: u16 = 26_379;
const SENTINEL_EXAMPLE: &str =
    "write for example rediss-sentinel://user:password@host1:26379,host2:26379,host3:26379/mymaster";
const CLUSTER_EXAMPLE: &str =
    "write for example rediss-cluster://user:password@host1:6379,host2:6379,host3:6379";

/// Advice for parameters of `redis-sentinel://`.
const SENTINEL_REMEDIES: &[Remedy] = &[
    ("master", "write the name of the primary as the path"),
    ("master_name", "write the name of the primary as the path"),
    ("service_name", "write the name of the primary as the path"),
    ("database", "write db=N"),
    ("user", "write user:password@ before the hosts; sentinel_user is that of the sentinels"),
    ("password", "write user:password@ before the hosts; sentinel_password is that of the sentinels"),
    ("sentinel_username", "write sentinel_user"),
    ("sslmode", "write rediss-sentinel:// for TLS"),
    ("tls", "write rediss-sentinel:// for TLS"),
    (
        "",
        "remove it: the parameters are db, sentinel_user and sentinel_password, and sslmode with rediss-sentinel://",
    ),
];

/// Advice for parameters of `redis-cluster://`.
const CLUSTER_REMEDIES: &[Remedy] = &[
    ("db", "remove it: a cluster has one database"),
    ("user", "write user:password@ before the hosts"),
    ("password", "write user:password@ before the hosts"),
    ("sslmode", "write rediss-cluster:// for TLS"),
    ("tls", "write rediss-cluster:// for TLS"),
    ("", "remove it: the only parameter is sslmode, with rediss-cluster://"),
];

/// Parses the rest of a URL of sentinels. User and password are those of the servers; parameters have those of the sentinels.
pub(super) fn sentinel(mut url: ServerUrl, is_tls: bool) -> Result<ParsedUrl, ConfigError> {
    let (name, password) = (url.take_user(), url.take_password());
    let sentinels = addresses(&url, is_tls, SENTINEL_PORT, SENTINEL_EXAMPLE)?;
    no_fragment(&url, is_tls)?;
    let primary = url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
    if primary.contains('/') {
        return Err(UrlError::new(
            "the path is not the name of a primary alone; write the database as ?db=N",
        )
        .into());
    }
    if primary.is_empty() {
        let text = format!("the path is not the name of a primary; {SENTINEL_EXAMPLE}");
        return Err(UrlError::new(text).into());
    }
    let verifies_name = verifies_name(&mut url, is_tls)?;
    let (number, sentinel_user, sentinel_password) =
        (url.take("db"), url.take("sentinel_user"), url.take("sentinel_password"));
    url.finish(SENTINEL_REMEDIES)?;
    if sentinel_user.is_some() && sentinel_password.is_none() {
        return Err(UrlError::new("sentinel_user has no password; write sentinel_password as well").into());
    }
    let (sentinel_user, sentinel_password) = (
        sentinel_user.as_ref().map(|text| text.as_str()),
        sentinel_password.as_ref().map(|text| text.as_str()),
    );
    let number = number.as_ref().map_or("", |text| text.as_str());
    let servers =
        user(database(number, "db=0")?, name.as_deref(), password.as_ref().map(|text| text.as_str()))?;
    let sentinel = SentinelForm { sentinels, primary, user: user(0, sentinel_user, sentinel_password)? };
    Ok(ParsedUrl { form: Form::Sentinel(sentinel), user: servers, is_tls, verifies_name })
}

/// Parses the rest of a URL of cluster nodes.
pub(super) fn cluster(mut url: ServerUrl, is_tls: bool) -> Result<ParsedUrl, ConfigError> {
    let (name, password) = (url.take_user(), url.take_password());
    let nodes = addresses(&url, is_tls, DEFAULT_PORT, CLUSTER_EXAMPLE)?;
    no_fragment(&url, is_tls)?;
    if !url.path().is_empty() {
        return Err(UrlError::new("the URL has a path; remove it: a cluster has one database").into());
    }
    let verifies_name = verifies_name(&mut url, is_tls)?;
    url.finish(CLUSTER_REMEDIES)?;
    let user = user(0, name.as_deref(), password.as_ref().map(|text| text.as_str()))?;
    Ok(ParsedUrl { form: Form::Cluster(nodes), user, is_tls, verifies_name })
}

/// Returns the addresses of the hosts. A majority of sentinels is counted, so no address may be there twice.
fn addresses(
    url: &ServerUrl,
    is_tls: bool,
    default_port: u16,
    example: &str,
) -> Result<Vec<ConnectionAddr>, UrlError> {
    let protection = Protection { is_tls, allows_plain_text: false };
    let mut addresses = Vec::new();
    for (index, host) in url.hosts().iter().enumerate() {
        let number = index + 1;
        if host.name.starts_with('/') {
            return Err(UrlError::new(format!("host {number} is a path; {example}")));
        }
        let address = protection.address(host.name.clone(), host.port.unwrap_or(default_port));
        if addresses.contains(&address) {
            return Err(UrlError::new(format!("host {number} is there twice; remove it")));
        }
        addresses.push(address);
    }
    if addresses.is_empty() {
        return Err(UrlError::new(format!("the URL has no host; {example}")));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::super::url::parse;
    use super::*;

    type Parts = (Vec<String>, i64, [Option<String>; 2]);

    fn texts<const N: usize>(texts: [&str; N]) -> [Option<String>; N] {
        texts.map(|text| Some(text.to_owned()))
    }

    fn parts(addresses: &[ConnectionAddr], user: &redis::RedisConnectionInfo) -> Parts {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let addresses = addresses.iter().map(ToString::to_string).collect();
        (addresses, user.db(), [text(user.username()), text(user.password())])
    }

    // S-95
    #[test]
    fn every_part_of_a_sentinel_url_is_used() {
        let url = "rediss-sentinel://me:p%40ss@a,b:1,[::1]:2/main?db=3&sentinel_user=it&sentinel_password=s%26&sslmode=verify-ca";
        let parsed = parse(url).unwrap();
        assert!(parsed.is_tls && !parsed.verifies_name);
        let Form::Sentinel(sentinel) = parsed.form else { panic!("another form") };
        assert_eq!(sentinel.primary, "main");
        let hosts = ["a:26379", "b:1", "::1:2"].map(str::to_owned).to_vec();
        let [servers, sentinels] =
            [&parsed.user, &sentinel.user].map(|user| parts(&sentinel.sentinels, user));
        assert_eq!(servers, (hosts.clone(), 3, texts(["me", "p@ss"])));
        assert_eq!(sentinels, (hosts, 0, texts(["it", "s&"])));

        let plain = parse("redis-sentinel://127.0.0.1:1/main/").unwrap();
        let Form::Sentinel(sentinel) = plain.form else { panic!("another form") };
        assert!(!plain.is_tls && sentinel.primary == "main");
        assert_eq!(parts(&[], &sentinel.user), (Vec::new(), 0, [None, None]));
    }

    // S-95
    #[test]
    fn every_part_of_a_cluster_url_is_used() {
        let parsed = parse("rediss-cluster://me:secret@a,b:7000?sslmode=verify-ca").unwrap();
        assert!(parsed.is_tls && !parsed.verifies_name && parsed.form.is_cluster());
        let hosts = ["a:6379", "b:7000"].map(str::to_owned).to_vec();
        assert_eq!(parts(parsed.form.addresses(), &parsed.user), (hosts, 0, texts(["me", "secret"])));
    }

    // S-95
    #[test]
    fn parts_that_cannot_be_used_are_rejected_by_name() {
        for (url, problem) in [
            ("redis-sentinel://a", "name of a primary"),
            ("redis-sentinel://a/main/0", "write the database as ?db=N"),
            ("redis-sentinel:///main", "no host"),
            ("redis-sentinel://a,a:26379/main", "host 2 is there twice"),
            ("redis-sentinel://a,%2Frun/main", "host 2 is a path"),
            ("redis-sentinel://a/main?db=x", "database is not a number; write for example db=0"),
            ("unix:///run/redis.sock?db=x", "database is not a number; write for example db=0"),
            ("redis://a/x", "database is not a number; write for example /0 after the host"),
            ("redis-sentinel://me@a/main", "user has no password"),
            ("redis-sentinel://a/main?sentinel_user=me", "sentinel_user has no password"),
            ("redis-sentinel://a/main?sslmode=verify-ca", "`sslmode`; write rediss-sentinel://"),
            ("redis-sentinel://a/main?master=x", "`master`; write the name of the primary as the path"),
            (
                "redis-sentinel://a/main?timeout=1",
                "`timeout`; remove it: the parameters are db, sentinel_user and sentinel_password",
            ),
            ("redis-sentinel://a/main#x", "# part"),
            ("redis-cluster://a/0", "a cluster has one database"),
            ("redis-cluster://a?db=1", "`db`; remove it: a cluster has one database"),
            ("redis-cluster://", "no host"),
            ("redis-cluster://a:1,b,a:1", "host 3 is there twice"),
            ("redis-cluster://a?x=1", "`x`; remove it: the only parameter is sslmode"),
            ("redis://a,b", "begin it with redis-sentinel:// or redis-cluster://"),
            ("redis+sentinel://a/main", "redis-sentinel"),
        ] {
            let Err(error) = parse(url) else { panic!("{url} is accepted") };
            let text = error.to_string();
            assert!(text.starts_with("REDIS__URL: ") && text.contains(problem), "{url}: {text}");
        }
        assert!(matches!(parse("rediss-cluster://a#insecure"), Err(ConfigError::Unverified)));
    }
}
