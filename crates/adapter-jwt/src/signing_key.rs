//! The secret that tokens are signed with.

use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A shared secret for HS256, used as its UTF-8 bytes; silent in `Debug`, wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SigningKey(String);

/// Says why a secret must not sign anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WeakKey {
    /// In every tutorial: anyone can try it.
    #[error("the key is a published sample; make one with `openssl rand -base64 48`")]
    WellKnown,
    /// Less than [`SigningKey::MIN_BYTES`] (RFC 7518 §3.2).
    #[error("the key is shorter than 32 bytes; make one with `openssl rand -base64 48`")]
    TooShort,
    /// Less than [`SigningKey::MIN_DISTINCT_BYTES`] different ones, so no random key.
    #[error("the key has fewer than 8 different bytes; make one with `openssl rand -base64 48`")]
    TooUniform,
}

impl SigningKey {
    /// The shortest key that is accepted: as long as the hash (RFC 7518 §3.2).
    pub const MIN_BYTES: usize = 32;
    /// How many different bytes a key has at least.
    pub const MIN_DISTINCT_BYTES: usize = 8;

    /// Takes a secret as it was configured; nothing is trimmed or decoded.
    ///
    /// # Errors
    /// [`WeakKey`] when it can be guessed.
    pub fn new(text: String) -> Result<Self, WeakKey> {
        let key = Self(text);
        if is_well_known(&key.0) {
            return Err(WeakKey::WellKnown);
        }
        if key.0.len() < Self::MIN_BYTES {
            return Err(WeakKey::TooShort);
        }
        if distinct_bytes(&key.0) < Self::MIN_DISTINCT_BYTES {
            return Err(WeakKey::TooUniform);
        }
        Ok(key)
    }

    /// Returns the bytes of the secret, for signing and for deriving other keys.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// Samples from the documentation of libraries and from tutorials, one a line, compared exactly.
const KNOWN_KEYS: &str = include_str!("known_keys.txt");

fn is_well_known(text: &str) -> bool {
    KNOWN_KEYS.lines().any(|known| known == text)
}

fn distinct_bytes(text: &str) -> usize {
    (0..=u8::MAX).filter(|byte| text.as_bytes().contains(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-38
    #[test]
    fn a_key_has_at_least_32_bytes() {
        let text = "0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp";
        assert_eq!(text.len(), 32);
        assert!(SigningKey::new(text.to_owned()).is_ok());
        assert_eq!(SigningKey::new(text[1..].to_owned()).unwrap_err(), WeakKey::TooShort);
        assert_eq!(SigningKey::new(String::new()).unwrap_err(), WeakKey::TooShort);
        assert!(SigningKey::new("é".repeat(4) + &text[..24]).is_ok(), "bytes count, not characters");
    }

    // S-38
    #[test]
    fn a_key_has_at_least_8_different_bytes() {
        assert_eq!(SigningKey::new("abcdefg".repeat(9)).unwrap_err(), WeakKey::TooUniform);
        assert!(SigningKey::new("abcdefgh".repeat(8)).is_ok());
    }

    // S-38
    #[test]
    fn every_published_sample_is_refused() {
        assert!(KNOWN_KEYS.lines().count() > 30);
        for known in KNOWN_KEYS.lines() {
            assert_eq!(SigningKey::new(known.to_owned()).unwrap_err(), WeakKey::WellKnown, "{known}");
        }
    }

    // S-40
    #[test]
    fn debug_does_not_show_the_key() {
        let key = SigningKey::new("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp".to_owned()).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }
}
