//! TLS to the servers that store data.

mod error;
mod files;
mod handshake;
mod own_certificate;
mod settings;
mod verifier;

pub use error::TlsError;
pub use files::TlsFile;
pub use handshake::TlsNames;
pub use settings::{TlsSettings, client_files, without_trust};
