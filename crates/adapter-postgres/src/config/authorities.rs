//! The certificate authorities that the server's certificate is verified against.

use std::fs;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::ConfigError;

/// Reads the authorities of a PEM file.
pub(crate) fn read_authorities(path: &Path) -> Result<RootCertStore, ConfigError> {
    let unreadable = |source| ConfigError::UnreadableCaFile { path: path.to_owned(), source };
    let text = fs::read(path).map_err(unreadable)?;
    let invalid = || ConfigError::InvalidCaFile(path.to_owned());
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        authorities.add(certificate.map_err(|_| invalid())?).map_err(|_| invalid())?;
    }
    if authorities.is_empty() { Err(invalid()) } else { Ok(authorities) }
}

/// Returns the authorities of the system.
pub(crate) fn system_authorities() -> Result<RootCertStore, ConfigError> {
    let mut authorities = RootCertStore::empty();
    // Systems also have certificates that rustls cannot parse; these are skipped.
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if authorities.is_empty() { Err(ConfigError::NoSystemAuthorities) } else { Ok(authorities) }
}
