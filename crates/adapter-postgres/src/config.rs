//! The configuration of the adapter.

mod address;
mod mode;
mod server_order;
mod servers;
mod tls_files;
mod tls_paths;
mod url;

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroize;

use crate::error::ConfigError;
pub(crate) use address::{Address, Transport};
pub(crate) use server_order::ServerOrder;
pub(crate) use tls_paths::{CA_FILE, CLIENT_FILES, TlsPaths};

/// The address of the database, its credentials, and how connections are protected.
///
/// The URL may contain a password: `Debug` does not show it, and it is zeroized on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// `POSTGRES__URL`, such as `postgres://auth@db.example.com/hooksentry`.
    pub url: String,
    /// `POSTGRES__CA_FILE`: the certificate authorities that the server's certificate is verified against, in PEM form.
    /// `None`: those of the system.
    pub ca_file: Option<PathBuf>,
    /// `POSTGRES__CLIENT_CERT_FILE`: the certificate of this client, in PEM form.
    pub client_cert_file: Option<PathBuf>,
    /// `POSTGRES__CLIENT_KEY_FILE`: its private key.
    pub client_key_file: Option<PathBuf>,
    /// `POSTGRES__ALLOW_PLAIN_TEXT`: whether a connection to another machine may be unencrypted.
    pub allow_plain_text: bool,
    /// `POSTGRES__POOL`: the largest number of connections in the pool, at least 1.
    pub pool: usize,
    /// `POSTGRES__POOLER`: the pooler between the service and the server.
    pub pooler: Pooler,
}

/// A pooler between the service and the server, as far as it matters to statements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// A connection keeps its server process: there is no pooler, or it pools sessions.
    #[default]
    None,
    /// Each transaction of a connection may run in another server process, as with `pool_mode = transaction` of `PgBouncer`.
    Transaction,
}

impl PostgresConfig {
    /// The default of [`pool`](Self::pool).
    pub const DEFAULT_POOL: usize = 4;

    /// Checks the configuration without a connection. The only I/O is reading the CA file.
    ///
    /// # Errors
    /// The first problem, as a [`ConfigError`].
    pub fn check(&self) -> Result<(), ConfigError> {
        let address = Address::parse(&self.url, self.files(), self.allow_plain_text)?;
        match address.tls {
            Some(tls) => Ok(tls.client_config().map(drop)?),
            None => Ok(()),
        }
    }

    /// Returns the files for TLS.
    pub(crate) fn files(&self) -> TlsPaths<'_> {
        TlsPaths {
            authorities: self.ca_file.as_deref(),
            client_certificate: self.client_cert_file.as_deref(),
            client_key: self.client_key_file.as_deref(),
        }
    }
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("ca_file", &self.ca_file)
            .field("allow_plain_text", &self.allow_plain_text)
            .field("pool", &self.pool)
            .field("pooler", &self.pooler)
            .finish_non_exhaustive()
    }
}

impl Drop for PostgresConfig {
    fn drop(&mut self) {
        self.url.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> PostgresConfig {
        PostgresConfig {
            url: url.to_owned(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            allow_plain_text: false,
            pool: PostgresConfig::DEFAULT_POOL,
            pooler: Pooler::None,
        }
    }

    // S-40, S-83
    #[test]
    fn neither_debug_nor_an_error_shows_the_address() {
        for url in [
            "postgres://auth:s3cret@db.example.com/hooksentry",
            "postgres://auth:s3cret@db.example.com/hooksentry?s3cret=s3cret",
            "postgres://auth:s3cret@db.example.com:s3cret/hooksentry",
            "postgres://auth:s3cret@/hooksentry",
            "mysql://auth:s3cret@db.example.com/hooksentry",
        ] {
            let config = config(url);
            assert!(!format!("{config:?}").contains("s3cret"), "{url}");
            let text = config.check().err().map(|error| format!("{error} {error:?}")).unwrap_or_default();
            assert!(!text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn a_config_error_names_the_setting_and_the_remedy() {
        for url in ["", "db.example.com", "host=db.example.com user=auth", "postgres://a@b/c?no_such=option"]
        {
            let text = config(url).check().unwrap_err().to_string();
            assert!(text.starts_with("POSTGRES__URL: "), "{text}");
        }
        let text = config("postgres:///hooksentry").check().unwrap_err().to_string();
        assert!(text.starts_with("POSTGRES__URL: the URL has no host; write"), "{text}");

        let mut config = config("postgres://auth@db.example.com/hooksentry");
        assert!(config.check().is_ok());
        config.ca_file = Some("/no/such/file".into());
        let text = config.check().unwrap_err().to_string();
        assert!(text.starts_with("POSTGRES__CA_FILE: cannot read /no/such/file"), "{text}");
        config.ca_file = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into());
        let text = config.check().unwrap_err().to_string();
        assert!(text.starts_with("POSTGRES__CA_FILE: ") && text.contains("no usable certificate"), "{text}");
    }
}
