#![doc = include_str!("../README.md")]

mod algorithms;
mod comparand;
mod config;
mod cost;
mod error;
mod formats;
mod kernel;
mod memory;
mod other_formats;
mod password_hasher;
mod pool;
mod self_check;
mod work_target;

pub use config::{Argon2Config, KernelChoice, OtherFormats};
pub use error::{ConfigError, HashError};
pub use password_hasher::Argon2PasswordHasher;
