//! Errors of files with certificates and keys.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A file that cannot be used for TLS. Each message has the name of the setting, the problem and the remedy.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{setting}: cannot read {}: {source}; correct the path, the file or its permissions", .path.display())]
    Unreadable {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file has no certificate, or one that cannot be parsed.
    #[error("{setting}: {} has no usable certificate; write the path of a file in PEM form", .path.display())]
    NoCertificate {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A file has no private key.
    #[error(
        "{setting}: {} has no private key without encryption; write the path of a file in PEM form, without a passphrase",
        .path.display()
    )]
    NoKey {
        /// The setting that names the file.
        setting: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The certificate of the client has another key.
    #[error("{0}: the key does not belong to the client certificate; correct one of them")]
    KeyMismatch(&'static str),
    /// A certificate without its key, or a key without its certificate.
    #[error("{0}: {1} is missing; write both")]
    HalfOfClient(&'static str, &'static str),
    /// The system has no certificate authorities.
    #[error(
        "{0}: the system has no certificate authorities; install the package ca-certificates, or write the path of a file with \
         the authority of the server"
    )]
    NoSystemAuthorities(&'static str),
    /// The TLS library rejects the settings.
    #[error("{0}: the TLS library rejects the settings: {1}; correct the files")]
    Rejected(&'static str, rustls::Error),
}
