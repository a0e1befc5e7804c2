//! The keys in the types of the driver.

use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};

use crate::signing_key::SigningKey;

/// The key that signs, and the keys that verify: the signing key and the previous keys.
///
/// The driver only makes and verifies signatures. Its `decode` reads the system clock, accepts repeated members and parses the
/// claims twice; its `encode` writes the members of the header in another order.
pub(crate) struct KeyRing {
    signing: EncodingKey,
    verifying: Vec<DecodingKey>,
}

impl KeyRing {
    /// Converts the keys; verification tries the signing key first.
    pub(crate) fn new(key: &SigningKey, previous: &[SigningKey]) -> Self {
        let all = std::iter::once(key).chain(previous);
        Self {
            signing: EncodingKey::from_secret(key.expose_bytes()),
            verifying: all.map(|key| DecodingKey::from_secret(key.expose_bytes())).collect(),
        }
    }

    /// Returns the encoded signature of `message`.
    pub(crate) fn sign(&self, message: &str) -> Result<String, Error> {
        crypto::sign(message.as_bytes(), &self.signing, Algorithm::HS256)
    }

    /// Returns whether `signature` was made with one of the keys; the comparison takes constant time.
    pub(crate) fn verify(&self, message: &str, signature: &str) -> bool {
        self.verifying
            .iter()
            .any(|key| crypto::verify(signature, message.as_bytes(), key, Algorithm::HS256).unwrap_or(false))
    }
}
