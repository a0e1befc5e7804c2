//! The value of a secret setting.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::spelling;

/// A secret. `Debug` does not show it, and it is wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Secret(String);

impl Secret {
    /// Parses a secret. Nothing is trimmed: another program that shares the secret may or may not trim it.
    ///
    /// # Errors
    /// The reason if the text is empty or a placeholder, or has white space or a byte order mark around it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("it is empty; write the secret, or remove the setting");
        }
        if text.starts_with('\u{feff}') {
            return Err("it begins with a byte order mark; save it as UTF-8 without one");
        }
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(
                "there is white space before or after the secret; remove it (a file may end with one line break)",
            );
        }
        if spelling::is_placeholder(text) {
            return Err("it is a placeholder that nothing has replaced; write the secret");
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text of the secret.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
