//! Errors in the configuration.

use thiserror::Error;

/// The setting that cannot be used, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A text is empty.
    #[error("{setting} is empty: set it, or leave it out to use its default")]
    Empty {
        /// The name of the setting.
        setting: &'static str,
    },
    /// A text is too long: it is part of every token.
    #[error("{setting} is longer than {limit} bytes: shorten it")]
    TooLong {
        /// The name of the setting.
        setting: &'static str,
        /// The largest number of bytes.
        limit: usize,
    },
}
