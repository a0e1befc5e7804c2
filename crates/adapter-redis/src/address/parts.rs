//! The parts that the URLs of all forms have.

use auth_store_connection::{ServerUrl, UrlError};
use redis::RedisConnectionInfo;

use super::form::Form;
use crate::error::ConfigError;

pub(super) const DEFAULT_PORT: u16 = 6379;

/// `sslmode`, with the words of libpq: whether the certificate must be for the host name.
const MODES: &[(&str, bool)] = &[("verify-full", true), ("verify-ca", false)];

/// The parts of a URL.
pub(super) struct ParsedUrl {
    pub(super) form: Form,
    /// The user of the servers, and the database. Contains the password.
    pub(super) user: RedisConnectionInfo,
    pub(super) is_tls: bool,
    /// Whether the certificate must be for the host name.
    pub(super) verifies_name: bool,
}

/// Takes the parameter that decides whether the certificate must be for the host name. Without TLS it stays.
pub(super) fn verifies_name(url: &mut ServerUrl, is_tls: bool) -> Result<bool, UrlError> {
    Ok(if is_tls { url.take_one_of("sslmode", MODES)?.unwrap_or(true) } else { true })
}

/// Rejects the part after `#`.
pub(super) fn no_fragment(url: &ServerUrl, is_tls: bool) -> Result<(), ConfigError> {
    match url.fragment() {
        None => Ok(()),
        Some("insecure") if is_tls => Err(ConfigError::Unverified),
        Some(_) => Err(UrlError::new("the URL has a # part; percent-encode # (%23), or remove it").into()),
    }
}

/// Returns the settings of connections. Redis has a password for every user, and the driver ignores a user without one.
pub(super) fn user(
    database: &str,
    name: Option<&str>,
    password: Option<&str>,
) -> Result<RedisConnectionInfo, UrlError> {
    let database = database.strip_suffix('/').unwrap_or(database);
    let number = if database.is_empty() { Ok(0) } else { database.parse::<u32>() };
    let is_number = database.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = number.ok().filter(|_| is_number) else {
        return Err(UrlError::new("the database is not a number; write for example /0 after the host"));
    };
    let user = RedisConnectionInfo::default().set_db(number.into());
    match (name, password) {
        (None, None) => Ok(user),
        (None, Some(password)) => Ok(user.set_password(password)),
        (Some(name), Some(password)) => Ok(user.set_username(name).set_password(password)),
        (Some(_), None) => Err(UrlError::new(
            "the user has no password; write user:password@, or :password@ for the user `default`",
        )),
    }
}
