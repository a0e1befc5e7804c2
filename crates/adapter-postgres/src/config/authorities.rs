//! The certificate authorities that the server's certificate is verified against.

use std::fs;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::ConfigError;

/// `POSTGRES__CA_FILE`.
const CA_FILE: &str = "POSTGRES__CA_FILE";
/// The parameter of the URL.
const ROOT_CERTIFICATE: &str = "POSTGRES__URL: sslrootcert";

/// Where the authorities come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Authorities {
    /// A PEM file.
    File {
        path: PathBuf,
        /// The setting that names it.
        setting: &'static str,
    },
    /// Those of the system.
    System,
}

impl Authorities {
    /// Returns the authorities of `POSTGRES__CA_FILE`.
    pub(super) fn of_setting(path: &Path) -> Self {
        Self::File { path: path.to_owned(), setting: CA_FILE }
    }

    /// Returns the authorities of `sslrootcert`.
    pub(super) fn of_url(path: PathBuf) -> Self {
        Self::File { path, setting: ROOT_CERTIFICATE }
    }

    /// Reads the authorities.
    pub(crate) fn read(&self) -> Result<RootCertStore, ConfigError> {
        match self {
            Self::File { path, setting } => read(path, setting),
            Self::System => of_system(),
        }
    }
}

fn read(path: &Path, setting: &'static str) -> Result<RootCertStore, ConfigError> {
    let unreadable = |source| ConfigError::UnreadableCaFile { setting, path: path.to_owned(), source };
    let text = fs::read(path).map_err(unreadable)?;
    let invalid = || ConfigError::InvalidCaFile { setting, path: path.to_owned() };
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        authorities.add(certificate.map_err(|_| invalid())?).map_err(|_| invalid())?;
    }
    if authorities.is_empty() { Err(invalid()) } else { Ok(authorities) }
}

fn of_system() -> Result<RootCertStore, ConfigError> {
    let mut authorities = RootCertStore::empty();
    // Systems also have certificates that rustls cannot parse; these are skipped.
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if authorities.is_empty() { Err(ConfigError::NoSystemAuthorities) } else { Ok(authorities) }
}
