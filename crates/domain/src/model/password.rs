//! Passwords as they are sent, and hashes as they are stored.

use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A password exactly as it was received: not trimmed, case-folded, truncated or normalised.
///
/// `Debug` does not show it, and it is wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

/// The reason why a text is not a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidPassword {
    /// It is empty, or only white space.
    #[error("the password is empty or blank")]
    Blank,
    /// It has more than [`Password::MAX_BYTES`] bytes.
    #[error("the password is longer than 1024 bytes")]
    TooLong,
}

impl Password {
    /// The maximum length in bytes, which bounds the work before hashing.
    pub const MAX_BYTES: usize = 1024;

    /// Parses the text of a client.
    ///
    /// # Errors
    /// [`InvalidPassword`] if it is blank or too long.
    pub fn parse(text: String) -> Result<Self, InvalidPassword> {
        let password = Self(text);
        if password.0.trim().is_empty() {
            return Err(InvalidPassword::Blank);
        }
        if password.0.len() > Self::MAX_BYTES {
            return Err(InvalidPassword::TooLong);
        }
        Ok(password)
    }

    /// The bytes to hash: UTF-8 as received.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The number of characters (Unicode scalar values), for the minimum length of new passwords.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.0.chars().count()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The text of a stored password hash. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash with this text, which the hasher checks when it verifies.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text to store, or to verify against.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-05
    #[test]
    fn a_password_is_kept_byte_for_byte() {
        for text in [" padded ", "Ünï\u{0}cödé", "a\u{308}", "TAB\tinside"] {
            let password = Password::parse(text.to_owned()).unwrap();
            assert_eq!(password.expose_bytes(), text.as_bytes());
        }
    }

    // S-06
    #[test]
    fn the_limits_are_one_and_1024_bytes() {
        assert!(Password::parse("x".to_owned()).is_ok());
        assert!(Password::parse("x".repeat(1024)).is_ok());
        assert_eq!(Password::parse("x".repeat(1025)).unwrap_err(), InvalidPassword::TooLong);
        assert_eq!(Password::parse("é".repeat(513)).unwrap_err(), InvalidPassword::TooLong);
        assert_eq!(Password::parse(String::new()).unwrap_err(), InvalidPassword::Blank);
        assert_eq!(Password::parse(" \t\u{2003}".to_owned()).unwrap_err(), InvalidPassword::Blank);
    }

    // S-83
    #[test]
    fn debug_shows_neither_password_nor_hash() {
        assert_eq!(format!("{:?}", Password::parse("secret".to_owned()).unwrap()), "Password(..)");
        assert_eq!(format!("{:?}", PasswordHash::new("secret".to_owned())), "PasswordHash(..)");
    }
}
