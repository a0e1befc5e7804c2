//! How the collector is trusted.

use auth_store_connection::{TlsFile, TlsSettings};

/// The variable with the authorities of the collector, for messages.
pub(super) const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";

/// How the collector is trusted.
pub(super) enum Trust {
    /// The connection is not encrypted.
    Plain,
    /// With the same rules as for connections to stores.
    Tls(TlsSettings),
}

impl Trust {
    /// Returns the trust in the authorities of the system or, if a file is named, those in it.
    pub(super) const fn authorities(authorities: Option<TlsFile>) -> Self {
        Self::Tls(TlsSettings { authorities, ca_setting: CERTIFICATE, client: None, verifies_name: true })
    }
}
