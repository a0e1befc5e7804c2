//! Certificates and keys in PEM form.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::error::TlsError;

/// A file, and the setting that names it, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFile {
    /// The path.
    pub path: PathBuf,
    /// The setting.
    pub setting: &'static str,
}

impl TlsFile {
    /// Returns the file of a setting.
    #[must_use]
    pub fn new(path: &Path, setting: &'static str) -> Self {
        Self { path: path.to_owned(), setting }
    }

    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let text = self.read()?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        certificates.ok().filter(|certificates| !certificates.is_empty()).ok_or_else(|| self.no_certificate())
    }

    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let no_key = |_| TlsError::NoKey { setting: self.setting, path: self.path.clone() };
        PrivateKeyDer::from_pem_slice(&self.read()?).map_err(no_key)
    }

    pub(super) fn no_certificate(&self) -> TlsError {
        TlsError::NoCertificate { setting: self.setting, path: self.path.clone() }
    }

    /// Returns the setting and a digest of the content.
    pub(super) fn digest(&self) -> Result<(&'static str, u64), TlsError> {
        let mut hasher = DefaultHasher::new();
        self.read()?.hash(&mut hasher);
        Ok((self.setting, hasher.finish()))
    }

    fn read(&self) -> Result<Zeroizing<Vec<u8>>, TlsError> {
        let unreadable =
            |source| TlsError::Unreadable { setting: self.setting, path: self.path.clone(), source };
        fs::read(&self.path).map(Zeroizing::new).map_err(unreadable)
    }
}
