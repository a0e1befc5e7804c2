//! What can be wrong with the set-up, and how the driver's errors cross the port.

use auth_domain::ports::PortError;
use thiserror::Error;

/// Says which setting cannot be used, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A text that must say something says nothing.
    #[error("{setting} is empty: set it, or leave it out to get its default")]
    Empty {
        /// The name of the setting.
        setting: &'static str,
    },
    /// A text would make every token too long.
    #[error("{setting} is longer than {limit} bytes: shorten it")]
    TooLong {
        /// The name of the setting.
        setting: &'static str,
        /// The longest that is accepted.
        limit: usize,
    },
}

/// Reports that signing failed, which no claim can bring about: only the key or the library.
pub(crate) fn cannot_sign(error: jsonwebtoken::errors::Error) -> PortError {
    PortError::misconfigured(error)
}

/// Reports claims that cannot be written as JSON.
pub(crate) fn cannot_encode(error: serde_json::Error) -> PortError {
    PortError::misconfigured(error)
}
