#![doc = include_str!("../README.md")]

mod error;
mod host;
mod parameters;
mod server_url;
mod text;

pub use error::UrlError;
pub use host::Host;
pub use parameters::Remedy;
pub use server_url::ServerUrl;
