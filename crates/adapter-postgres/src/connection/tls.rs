//! The TLS settings of connections.

use auth_store_connection::{TlsSettings, without_trust};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::ConfigError;

/// The ALPN name of the protocol, which PostgreSQL 17 requires for direct TLS.
const ALPN: &[u8] = b"postgresql";

/// Returns a connector that always verifies the certificate. For plain text it trusts no authority.
pub(super) fn connector(tls: Option<&TlsSettings>) -> Result<MakeRustlsConnect, ConfigError> {
    let mut config = match tls {
        Some(tls) => tls.client_config()?,
        None => without_trust("POSTGRES__URL")?,
    };
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(MakeRustlsConnect::new(config))
}
