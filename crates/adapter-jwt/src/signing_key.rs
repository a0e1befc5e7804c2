//! The secret that tokens are signed with.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::secret_strength::{WeakKey, check_secret};

/// A shared secret for HS256, used as its UTF-8 bytes; silent in `Debug`, wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SigningKey(String);

impl SigningKey {
    /// Takes a secret as it was configured; nothing is trimmed or decoded.
    ///
    /// # Errors
    /// [`WeakKey`] if it is published, short, uniform or guessable.
    pub fn new(text: String) -> Result<Self, WeakKey> {
        let key = Self(text);
        check_secret(&key.0).map(|()| key)
    }

    /// Takes a secret that may be guessable, for a takeover with the platform's present key.
    ///
    /// Everyone who guesses it can sign tokens: change it as soon as every verifier can follow.
    ///
    /// # Errors
    /// [`WeakKey`] if it is published, short or uniform.
    pub fn allow_guessable(text: String) -> Result<Self, WeakKey> {
        let key = Self(text);
        match check_secret(&key.0) {
            Ok(()) | Err(WeakKey::Guessable) => Ok(key),
            Err(weakness @ (WeakKey::WellKnown | WeakKey::TooShort | WeakKey::TooUniform)) => Err(weakness),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    // S-38
    #[test]
    fn only_a_guessable_key_can_be_allowed() {
        let guessable = "vector-key-0123456789abcdef-0123456789abcdef";
        assert_eq!(SigningKey::new(guessable.to_owned()).unwrap_err(), WeakKey::Guessable);
        assert!(SigningKey::allow_guessable(guessable.to_owned()).is_ok());
        for (text, weakness) in [
            ("0123456789abcdef0123456789abcdef", WeakKey::WellKnown),
            ("short", WeakKey::TooShort),
            ("abababababababababababababababababab", WeakKey::TooUniform),
        ] {
            assert_eq!(SigningKey::new(text.to_owned()).unwrap_err(), weakness);
            assert_eq!(SigningKey::allow_guessable(text.to_owned()).unwrap_err(), weakness);
        }
    }

    // S-40
    #[test]
    fn debug_does_not_show_the_key() {
        let key = SigningKey::new("0ehLWQDKuS0JQvNUd7nSDMrk1v8rS8Fp".to_owned()).unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
    }
}
