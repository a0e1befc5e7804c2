//! Errors of URLs.

use thiserror::Error;

/// A URL that cannot be used: the part at fault, and the remedy. The text shows no part of the URL that can be a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct UrlError(String);

impl UrlError {
    /// Returns an error with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
