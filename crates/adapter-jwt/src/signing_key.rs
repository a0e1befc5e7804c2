//! The secret that signs tokens.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::secret_strength::{WeakKey, check_secret};

/// A shared secret for HS256: the UTF-8 bytes of its text. `Debug` does not show it, and dropping wipes it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SigningKey(String);

impl SigningKey {
    /// Checks a configured secret; nothing is trimmed or decoded.
    ///
    /// # Errors
    /// [`WeakKey`] if it is published, short, uniform or guessable.
    pub fn new(text: String) -> Result<Self, WeakKey> {
        let key = Self(text);
        check_secret(&key.0).map(|()| key)
    }

    /// Checks a secret that may be guessable, for a migration that keeps the present key of the HookSentry platform.
    ///
    /// An attacker who guesses the key can sign tokens. Replace the key as soon as all verifiers can be changed.
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
    fn only_the_rule_on_guessable_keys_can_be_lifted() {
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
