//! What the adapter is told.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use auth_domain::model::SessionPolicy;
use thiserror::Error;
use zeroize::Zeroize;

use crate::address::Address;

/// Where Redis is, and the numbers that its keys are kept by.
#[derive(Clone)]
pub struct RedisConfig {
    /// `redis://` or `rediss://`, with user and password where they are needed. A secret.
    pub url: String,
    /// The certificate authority to trust, in PEM; the system's where there is none.
    pub ca_file: Option<PathBuf>,
    /// Whether a server beyond this machine may be talked to without TLS.
    pub allow_plain_text: bool,
    /// How long access tokens live: an ended session is remembered for so long.
    pub access_ttl: Duration,
    /// How long a denylist entry outlives its token, since other verifiers allow for clock skew.
    pub denylist_margin: Duration,
    /// How many login failures one email or one address may have within the window.
    pub login_limit: u32,
    /// How long a login failure counts.
    pub login_window: Duration,
}

/// Why the settings cannot be used. Each text begins with the setting and never shows the URL.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Not a URL of Redis.
    #[error(
        "REDIS__URL: it is no address of Redis; write for example rediss://user:password@redis.example.com:6380"
    )]
    NotAnAddress,
    /// A server beyond this machine, without TLS.
    #[error(
        "REDIS__URL: it would send tokens in clear text to another machine; write rediss://, or set \
         REDIS__ALLOW_PLAIN_TEXT=on"
    )]
    PlainText,
    /// TLS that accepts any certificate.
    #[error("REDIS__URL: it switches the verification of certificates off; remove #insecure")]
    Unverified,
    /// An authority for a connection that has no certificates.
    #[error("REDIS__CA_FILE: certificates are checked on rediss:// only; change REDIS__URL, or remove it")]
    UnusedAuthority,
    /// The authority cannot be read.
    #[error("REDIS__CA_FILE: {} cannot be used: {check}", .path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        check: String,
    },
}

impl RedisConfig {
    /// Takes the address; everything else is as this service has it by default.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self {
            url,
            ca_file: None,
            allow_plain_text: false,
            access_ttl: SessionPolicy::default().access_ttl,
            denylist_margin: Duration::from_secs(305),
            login_limit: 10,
            login_window: Duration::from_mins(5),
        }
    }

    /// Judges the settings without asking any server.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting at fault.
    pub fn check(&self) -> Result<(), ConfigError> {
        Address::parse(self).map(drop)
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisConfig(..)")
    }
}

impl Drop for RedisConfig {
    fn drop(&mut self) {
        self.url.zeroize();
    }
}
