#![doc = include_str!("../README.md")]

mod comparand;
mod config;
mod cost;
mod error;
mod formats;
mod memory;
mod password_hasher;
mod pool;
mod work_target;

pub use config::Argon2Config;
pub use error::{ConfigError, HashError};
pub use password_hasher::Argon2PasswordHasher;
