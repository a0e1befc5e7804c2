//! The paths of the files for TLS.

use std::path::{Path, PathBuf};

/// `POSTGRES__CA_FILE`, for messages.
pub(crate) const CA_FILE: &str = "POSTGRES__CA_FILE";
/// The settings with the certificate and the key of the client, for messages.
pub(crate) const CLIENT_FILES: (&str, &str) = ("POSTGRES__CLIENT_CERT_FILE", "POSTGRES__CLIENT_KEY_FILE");

/// The files of the settings.
#[derive(Clone, Copy, Default)]
pub(crate) struct TlsPaths<'a> {
    pub(crate) authorities: Option<&'a Path>,
    pub(crate) client_certificate: Option<&'a Path>,
    pub(crate) client_key: Option<&'a Path>,
}

/// The files of the URL.
#[derive(Default)]
pub(super) struct TlsParameters {
    pub(super) authorities: Option<PathBuf>,
    pub(super) client_certificate: Option<PathBuf>,
    pub(super) client_key: Option<PathBuf>,
}
