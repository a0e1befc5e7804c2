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

/// Returns the number of a database, 0 if there is no text.
///
/// # Parameters
/// - `place`: where the URL has the number, for the error.
pub(super) fn database(text: &str, place: &str) -> Result<u32, UrlError> {
    let number = if text.is_empty() { Ok(0) } else { text.parse() };
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.ok().filter(|_| is_number);
    number.ok_or_else(|| UrlError::new(format!("the database is not a number; write for example {place}")))
}

/// Returns the settings of connections. Redis has a password for every user, and the driver ignores a user without one.
pub(super) fn user(
    database: u32,
    name: Option<&str>,
    password: Option<&str>,
) -> Result<RedisConnectionInfo, UrlError> {
    let user = RedisConnectionInfo::default().set_db(database.into());
    match (name, password) {
        (None, None) => Ok(user),
        (None, Some(password)) => Ok(user.set_password(password)),
        (Some(name), Some(password)) => Ok(user.set_username(name).set_password(password)),
        (Some(_), None) => Err(UrlError::new(
            "the user has no password; write user:password@, or :password@ for the user `default`",
        )),
    }
}
