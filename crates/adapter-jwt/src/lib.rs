#![doc = include_str!("../README.md")]

mod access_tokens;
mod audience;
mod claims;
mod compact;
mod config;
mod error;
mod header;
mod key_ring;
mod numeric_date;
#[cfg(test)]
mod scan_cost;
mod secret_strength;
mod signing_key;
mod text;
mod verified_tokens;

pub use access_tokens::{JwtAccessTokens, LEEWAY};
pub use config::JwtConfig;
pub use error::ConfigError;
pub use secret_strength::{WeakKey, check_secret};
pub use signing_key::SigningKey;
