//! The TLS settings of the connections to a server.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use super::error::TlsError;
use super::files::TlsFile;
use super::own_certificate;
use super::verifier::ServerVerifier;

/// The certificates that a server may present, and the certificate of the client.
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// The authorities of the server, or its own certificate; `None` for the authorities of the system.
    pub authorities: Option<TlsFile>,
    /// The setting for [`authorities`](Self::authorities), for messages.
    pub ca_setting: &'static str,
    /// The certificate of the client and its key.
    pub client: Option<(TlsFile, TlsFile)>,
    /// Whether the certificate must be for the name of the host.
    pub verifies_name: bool,
}

/// Returns the certificate of the client and its key if both files are there. `names` are their settings.
///
/// # Errors
/// [`TlsError::HalfOfClient`] if one of them is missing.
pub fn client_files(
    certificate: Option<&Path>,
    key: Option<&Path>,
    names: (&'static str, &'static str),
) -> Result<Option<(TlsFile, TlsFile)>, TlsError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Ok(Some((TlsFile::new(certificate, names.0), TlsFile::new(key, names.1))))
        }
        (Some(_), None) => Err(TlsError::HalfOfClient(names.0, names.1)),
        (None, Some(_)) => Err(TlsError::HalfOfClient(names.1, names.0)),
        (None, None) => Ok(None),
    }
}

/// Returns settings that accept no certificate, for connections without TLS.
///
/// # Errors
/// [`TlsError::Rejected`] if the TLS library has no version in common with its provider.
pub fn without_trust(setting: &'static str) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| TlsError::Rejected(setting, error))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

impl TlsSettings {
    /// Reads the files and returns the settings for rustls. They always verify the certificate.
    ///
    /// # Errors
    /// [`TlsError`] if a file cannot be used.
    pub fn client_config(&self) -> Result<ClientConfig, TlsError> {
        // Explicit, so that the process-wide default of rustls does not matter.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let rejected = |error| TlsError::Rejected(self.ca_setting, error);
        let verifier = Arc::new(self.verifier(&provider)?);
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(rejected)?.dangerous().with_custom_certificate_verifier(verifier);
        let Some((certificate, key)) = &self.client else { return Ok(builder.with_no_client_auth()) };
        let config = builder.with_client_auth_cert(certificate.certificates()?, key.key()?);
        config.map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::KeyMismatch(key.setting),
            other => TlsError::Rejected(certificate.setting, other),
        })
    }

    /// Reads the files and returns a digest of each, with its setting: a difference shows that a file has changed.
    ///
    /// # Errors
    /// [`TlsError`] if a file cannot be read.
    pub fn digests(&self) -> Result<Vec<(&'static str, u64)>, TlsError> {
        let client = self.client.iter().flat_map(|(certificate, key)| [certificate, key]);
        let files = self.authorities.iter().chain(client);
        let mut digests = files.map(TlsFile::digest).collect::<Result<Vec<_>, _>>()?;
        if self.authorities.is_none() {
            let mut hasher = DefaultHasher::new();
            rustls_native_certs::load_native_certs().certs.hash(&mut hasher);
            digests.push((self.ca_setting, hasher.finish()));
        }
        Ok(digests)
    }

    fn verifier(&self, provider: &CryptoProvider) -> Result<ServerVerifier, TlsError> {
        let mut roots = RootCertStore::empty();
        let trusted: Vec<CertificateDer<'static>> = match &self.authorities {
            Some(file) => file.certificates()?,
            None => Vec::new(),
        };
        if let Some(file) = &self.authorities {
            // The key of a server must not be able to sign the certificate of another one.
            for certificate in trusted.iter().filter(|certificate| own_certificate::is_authority(certificate))
            {
                roots.add(certificate.clone()).map_err(|_| file.no_certificate())?;
            }
        } else {
            // Systems also have certificates that rustls cannot parse; these are skipped.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(TlsError::NoSystemAuthorities(self.ca_setting));
            }
        }
        let algorithms = provider.signature_verification_algorithms;
        Ok(ServerVerifier { roots, trusted, verifies_name: self.verifies_name, algorithms })
    }
}
