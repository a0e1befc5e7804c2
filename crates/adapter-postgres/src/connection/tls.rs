//! The TLS settings of connections.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::{Authorities, Transport};
use crate::error::ConfigError;

/// The ALPN name of the protocol, which PostgreSQL 17 requires for direct TLS.
const ALPN: &[u8] = b"postgresql";

/// Returns a connector that always verifies certificate and host name. For plain text it trusts no authority.
pub(super) fn connector(
    transport: Transport,
    authorities: &Authorities,
) -> Result<MakeRustlsConnect, ConfigError> {
    let authorities = match transport {
        Transport::Local | Transport::PlainText => RootCertStore::empty(),
        Transport::Tls => authorities.read()?,
    };
    // Explicit, so that the process-wide default of rustls does not matter.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| ConfigError::Rejected(error.to_string()))?;
    let mut config = builder.with_root_certificates(authorities).with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(MakeRustlsConnect::new(config))
}
