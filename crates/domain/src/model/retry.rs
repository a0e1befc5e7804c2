//! Retries: the successor of a refresh token, sealed so that only a retry of the same call can open it.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{IdempotencyKey, RefreshToken};

const NONCE: usize = 12;

/// The key of a retry, derived from the presented token and the idempotency key.
///
/// A store has neither, so a dump of the store cannot open a sealed successor.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RetryKey {
    sealing: [u8; 32],
    tag: [u8; 16],
}

impl RetryKey {
    /// Derives the key by HKDF-SHA256 (RFC 5869) from the 256 random bits in `presented`.
    #[must_use]
    pub fn derive(presented: &RefreshToken, key: &IdempotencyKey) -> Self {
        let source = Hkdf::<Sha256>::new(None, presented.bytes());
        let mut derived = Self { sealing: [0; 32], tag: [0; 16] };
        let info =
            |purpose: &'static [u8]| [b"hooksentry-auth replay v1 ".as_slice(), purpose, key.expose_bytes()];
        // HKDF fails only above its maximum length, which is far above these.
        let sealing = source.expand_multi_info(&info(b"seal "), &mut derived.sealing);
        let tag = source.expand_multi_info(&info(b"name "), &mut derived.tag);
        debug_assert!(sealing.is_ok() && tag.is_ok());
        derived
    }

    /// The tag by which a store recognises a retry of the same call.
    #[must_use]
    pub const fn tag(&self) -> RetryTag {
        RetryTag(self.tag)
    }

    /// Seals `successor` with ChaCha20-Poly1305 (RFC 8439). `nonce` must be random and new.
    #[must_use]
    pub fn seal(&self, successor: &RefreshToken, nonce: [u8; NONCE]) -> SealedSuccessor {
        let mut sealed = nonce.to_vec();
        // Encryption fails only for texts of 256 GiB and more.
        let text = self.cipher().encrypt(&Nonce::from(nonce), successor.bytes().as_slice());
        debug_assert!(text.is_ok());
        sealed.extend(text.unwrap_or_default());
        SealedSuccessor { tag: self.tag(), sealed }
    }

    /// Opens a sealed successor; `None` if it was sealed with another key.
    #[must_use]
    pub fn open(&self, retry: &SealedSuccessor) -> Option<RefreshToken> {
        let (nonce, text) = retry.sealed.split_first_chunk::<NONCE>()?;
        let mut bytes = self.cipher().decrypt(&Nonce::from(*nonce), text).ok()?;
        let token = RefreshToken::from_bytes(&bytes);
        bytes.zeroize();
        token
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&Key::from(self.sealing))
    }
}

impl fmt::Debug for RetryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RetryKey(..)")
    }
}

/// The tag of a pair of token and idempotency key. It reveals neither.
#[derive(Clone, Copy, Debug)]
pub struct RetryTag([u8; 16]);

impl RetryTag {
    /// The tag with these stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl PartialEq for RetryTag {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for RetryTag {}

/// A sealed successor, which stores keep until the successor is used.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSuccessor {
    /// The tag of the call that can open it.
    pub tag: RetryTag,
    /// Nonce, ciphertext and authentication tag.
    pub sealed: Vec<u8>,
}

impl fmt::Debug for SealedSuccessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSuccessor(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> IdempotencyKey {
        IdempotencyKey::parse(text.as_bytes()).unwrap()
    }

    fn tokens() -> (RefreshToken, RefreshToken) {
        let user = "9c858901-8a57-4791-81fe-4c455b099bc9".parse().unwrap();
        let presented = RefreshToken::first(user, b"session half, 16one-time half 16");
        let successor = presented.successor(b"next one-time 16");
        (presented, successor)
    }

    #[test]
    fn only_the_same_token_with_the_same_key_opens_the_successor() {
        let (presented, successor) = tokens();
        let retry = RetryKey::derive(&presented, &key("k1")).seal(&successor, *b"random nonce");

        let same = RetryKey::derive(&presented, &key("k1"));
        assert_eq!(same.tag(), retry.tag);
        assert_eq!(same.open(&retry), Some(successor.clone()));

        for other in [RetryKey::derive(&presented, &key("k2")), RetryKey::derive(&successor, &key("k1"))] {
            assert_ne!(other.tag(), retry.tag);
            assert_eq!(other.open(&retry), None);
        }
    }

    // S-46
    #[test]
    fn the_sealed_form_contains_no_part_of_the_successor() {
        let (presented, successor) = tokens();
        let retry = RetryKey::derive(&presented, &key("k1")).seal(&successor, *b"random nonce");
        for slice in successor.bytes().windows(6) {
            assert!(!retry.sealed.windows(6).any(|part| part == slice));
        }
    }
}
