#![doc = include_str!("../README.md")]

mod charge;
mod config;
mod cost;
mod error;
mod formats;
mod memory;
mod password_hasher;
mod pool;

pub use config::Argon2Config;
pub use error::{ConfigError, HashError};
pub use password_hasher::Argon2PasswordHasher;
