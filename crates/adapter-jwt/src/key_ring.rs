//! The keys in the form in which the driver uses them: made once, used by every call.

use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};

use crate::SigningKey;

/// One key that signs; that one and the previous ones verify.
///
/// Only the driver's signatures are used. Its `decode` reads the system's clock, lets repeated
/// members pass and reads the claims twice; its `encode` writes the header's members in another order.
pub(crate) struct KeyRing {
    signing: EncodingKey,
    verifying: Vec<DecodingKey>,
}

impl KeyRing {
    /// Prepares the keys; the signing key is tried first.
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

    /// Tells whether `signature` is by one of the keys; the comparison takes constant time.
    pub(crate) fn verify(&self, message: &str, signature: &str) -> bool {
        self.verifying
            .iter()
            .any(|key| crypto::verify(signature, message.as_bytes(), key, Algorithm::HS256).unwrap_or(false))
    }
}
