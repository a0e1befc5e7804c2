//! What the adapter is told.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use zeroize::Zeroize;

use crate::address::Address;
use crate::tls;

/// Where the database is, and how the way there is kept safe.
///
/// `Debug` does not show the address, which may hold a password; it is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// The address, such as `postgres://auth@db.example.com/hooksentry`.
    pub url: String,
    /// The authorities that the server's certificate is verified by, in PEM form; those of the system
    /// where there is none.
    pub ca_file: Option<PathBuf>,
    /// Whether a server on another machine may be talked to in plain text.
    pub allow_plain_text: bool,
}

/// Why the settings cannot be used. Each text begins with a setting's name and says what to do.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The address is none.
    #[error(
        "POSTGRES__URL: it is no postgres:// address; write for example \
         postgres://auth@db.example.com/hooksentry"
    )]
    NoAddress,
    /// The address names no server.
    #[error("POSTGRES__URL: it names no host; write for example postgres://auth@db.example.com/hooksentry")]
    NoHost,
    /// The address names more servers than addresses or ports.
    #[error(
        "POSTGRES__URL: the numbers of hosts, of addresses (`hostaddr`) and of ports differ; write one of each for every \
         server, such as postgres://auth@db1.example.com:5432,db2.example.com:5432/hooksentry"
    )]
    UnevenHosts,
    /// The file of the authorities cannot be read.
    #[error("POSTGRES__CA_FILE: {} cannot be read: {source}; let this user read it", .path.display())]
    UnreadableAuthorities {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file of the authorities holds none.
    #[error(
        "POSTGRES__CA_FILE: {} holds no certificate that can be used; it has to be in PEM form",
        .0.display()
    )]
    UnusableAuthorities(PathBuf),
    /// The system knows no authorities.
    #[error(
        "POSTGRES__CA_FILE: the system has no certificate authorities to verify the database server by; \
         install them (the package ca-certificates), or name a file"
    )]
    NoAuthorities,
    /// A library rejects its settings.
    #[error("POSTGRES__URL: connections cannot be set up: {0}")]
    Unusable(String),
}

impl PostgresConfig {
    /// Looks for mistakes, and reads nothing but the file of the authorities.
    ///
    /// # Errors
    /// [`ConfigError`] names the first mistake.
    pub fn check(&self) -> Result<(), ConfigError> {
        Address::parse(&self.url, self.allow_plain_text)?;
        if let Some(path) = &self.ca_file {
            tls::authorities_in(path)?;
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresConfig")
            .field("ca_file", &self.ca_file)
            .field("allow_plain_text", &self.allow_plain_text)
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
        PostgresConfig { url: url.to_owned(), ca_file: None, allow_plain_text: false }
    }

    // S-40, S-83
    #[test]
    fn neither_debug_nor_an_error_shows_the_address() {
        for url in [
            "postgres://auth:geheim@db.example.com/hooksentry",
            "postgres://auth:geheim@db.example.com/hooksentry?geheim=geheim",
            "postgres://auth:geheim@db.example.com:geheim/hooksentry",
            "postgres://auth:geheim@/hooksentry",
            "mysql://auth:geheim@db.example.com/hooksentry",
        ] {
            let config = config(url);
            assert!(!format!("{config:?}").contains("geheim"), "{url}");
            let text = config.check().err().map(|error| format!("{error} {error:?}")).unwrap_or_default();
            assert!(!text.contains("geheim"), "{text}");
        }
    }

    #[test]
    fn a_mistake_names_its_setting_and_what_to_write() {
        for url in ["", "db.example.com", "host=db.example.com user=auth", "postgres://a@b/c?no_such=option"]
        {
            let text = config(url).check().unwrap_err().to_string();
            assert!(text.starts_with("POSTGRES__URL: it is no postgres:// address; write"), "{text}");
        }
        let text = config("postgres:///hooksentry").check().unwrap_err().to_string();
        assert!(text.starts_with("POSTGRES__URL: it names no host"), "{text}");

        let mut config = config("postgres://auth@db.example.com/hooksentry");
        assert!(config.check().is_ok());
        config.ca_file = Some("/no/such/file".into());
        let text = config.check().unwrap_err().to_string();
        assert!(text.starts_with("POSTGRES__CA_FILE: /no/such/file cannot be read"), "{text}");
        config.ca_file = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into());
        let text = config.check().unwrap_err().to_string();
        assert!(text.starts_with("POSTGRES__CA_FILE: ") && text.contains("no certificate"), "{text}");
    }
}
