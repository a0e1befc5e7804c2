//! The configuration of the adapter.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroize;

/// The address of a Redis server, with credentials.
#[derive(Clone)]
pub struct RedisConfig {
    /// `redis://` or `rediss://`, with user and password if the server requires them. A secret.
    pub url: String,
    /// The certificate authority to trust, in PEM; `None` means the authorities of the system.
    pub ca_file: Option<PathBuf>,
    /// The certificate of this client, in PEM, if the server requires one.
    pub client_cert_file: Option<PathBuf>,
    /// The private key of that certificate.
    pub client_key_file: Option<PathBuf>,
    /// Whether plain text may be sent to another machine.
    pub allow_plain_text: bool,
}

impl RedisConfig {
    /// Returns the configuration for a URL, with the authorities of the system and without plain text.
    #[must_use]
    pub const fn new(url: String) -> Self {
        Self { url, ca_file: None, client_cert_file: None, client_key_file: None, allow_plain_text: false }
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
