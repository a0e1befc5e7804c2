#![doc = include_str!("../README.md")]

mod error;
mod host;
mod parameters;
mod server_url;
mod text;
mod tls;

pub use error::UrlError;
pub use host::Host;
pub use parameters::Remedy;
pub use server_url::ServerUrl;
pub use tls::{TlsError, TlsFile, TlsNames, TlsSettings, client_files, without_trust};
