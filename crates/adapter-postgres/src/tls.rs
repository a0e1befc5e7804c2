//! TLS: chain and host name are always verified.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::Transport;
use crate::config::ConfigError;

/// The name of the protocol, which newer servers ask for.
const PROTOCOL: &[u8] = b"postgresql";

/// Prepares whatever a connection of this kind needs. One in plain text trusts nobody.
pub(crate) fn prepare(
    transport: Transport,
    ca_file: Option<&Path>,
) -> Result<MakeRustlsConnect, ConfigError> {
    let authorities = match (transport, ca_file) {
        (Transport::Local | Transport::Exposed, _) => RootCertStore::empty(),
        (Transport::Tls, Some(path)) => authorities_in(path)?,
        (Transport::Tls, None) => authorities_of_the_system()?,
    };
    // Named here, so that nothing depends on what another part of the program installs as the default.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| ConfigError::Unusable(error.to_string()))?;
    let mut config = builder.with_root_certificates(authorities).with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

/// Reads the authorities of a PEM file.
pub(crate) fn authorities_in(path: &Path) -> Result<RootCertStore, ConfigError> {
    let unreadable = |source| ConfigError::UnreadableAuthorities { path: path.to_owned(), source };
    let text = fs::read(path).map_err(unreadable)?;
    let unusable = || ConfigError::UnusableAuthorities(path.to_owned());
    let mut authorities = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        authorities.add(certificate.map_err(|_| unusable())?).map_err(|_| unusable())?;
    }
    if authorities.is_empty() { Err(unusable()) } else { Ok(authorities) }
}

fn authorities_of_the_system() -> Result<RootCertStore, ConfigError> {
    let mut authorities = RootCertStore::empty();
    // Systems keep some that cannot be used beside those that can.
    authorities.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if authorities.is_empty() { Err(ConfigError::NoAuthorities) } else { Ok(authorities) }
}
