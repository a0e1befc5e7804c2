#![doc = include_str!("../README.md")]

mod change;
mod current;
mod error;
mod host;
mod parameters;
mod renewal;
mod server_url;
mod text;
mod tls;

pub use change::Change;
pub use current::Current;
pub use error::UrlError;
pub use host::Host;
pub use parameters::Remedy;
pub use renewal::Renewal;
pub use server_url::ServerUrl;
pub use tls::{TlsError, TlsFile, TlsNames, TlsSettings, client_files, without_trust};
