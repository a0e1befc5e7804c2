//! Sealed successors: only a holder of the presented refresh token can open one.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{IdempotencyKey, RefreshToken};

const SEALING: &[u8] = b"hooksentry-auth successor v2";
const PREVIOUS_SEALING: [&[u8]; 2] = [b"hooksentry-auth replay v1 ", b"seal "];
const TAG: [&[u8]; 2] = [b"hooksentry-auth replay v1 ", b"name "];

const NONCE: usize = 12;

/// The keys of a refresh, derived from the presented token and the idempotency key.
///
/// A store has no presented token, so a dump of the store cannot open a sealed successor.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RetryKey {
    sealing: [u8; 32],
    /// The release before derived the sealing key from the idempotency key, too.
    previous_sealing: Option<[u8; 32]>,
    tag: Option<[u8; 16]>,
}

impl RetryKey {
    /// Derives the keys by HKDF-SHA256 (RFC 5869).
    ///
    /// # Parameters
    /// - `presented`: the secret bytes of the presented token, with at least 256 random bits.
    /// - `key`: the idempotency key, if the client sent one.
    #[must_use]
    pub fn derive(presented: &[u8], key: Option<&IdempotencyKey>) -> Self {
        let source = Hkdf::<Sha256>::new(None, presented);
        Self {
            sealing: expand(&source, &[SEALING]),
            previous_sealing: key.map(|key| expand(&source, &with_key(PREVIOUS_SEALING, key))),
            tag: key.map(|key| expand(&source, &with_key(TAG, key))),
        }
    }

    /// The tag by which a store recognises a retry of the same call; `None` without an idempotency key.
    #[must_use]
    pub fn tag(&self) -> Option<RetryTag> {
        self.tag.map(RetryTag)
    }

    /// Seals `successor` with ChaCha20-Poly1305 (RFC 8439). `nonce` must be random and new.
    #[must_use]
    pub fn seal(&self, successor: &RefreshToken, nonce: [u8; NONCE]) -> SealedSuccessor {
        let mut sealed = nonce.to_vec();
        // Encryption fails only for texts of 256 GiB and more.
        let text = cipher(self.sealing).encrypt(&Nonce::from(nonce), successor.expose_bytes().as_slice());
        debug_assert!(text.is_ok());
        sealed.extend(text.unwrap_or_default());
        SealedSuccessor { tag: self.tag(), sealed }
    }

    /// Opens a sealed successor; `None` if it was sealed with another key.
    #[must_use]
    pub fn open(&self, retry: &SealedSuccessor) -> Option<RefreshToken> {
        let (nonce, text) = retry.sealed.split_first_chunk::<NONCE>()?;
        let open = |key| cipher(key).decrypt(&Nonce::from(*nonce), text).ok();
        let mut bytes = open(self.sealing).or_else(|| self.previous_sealing.and_then(open))?;
        let token = RefreshToken::from_bytes(&bytes);
        bytes.zeroize();
        token
    }
}

fn with_key<'a>([version, purpose]: [&'static [u8]; 2], key: &'a IdempotencyKey) -> [&'a [u8]; 3] {
    [version, purpose, key.expose_bytes()]
}

fn expand<const N: usize>(source: &Hkdf<Sha256>, info: &[&[u8]]) -> [u8; N] {
    let mut derived = [0; N];
    // HKDF fails only above its maximum length, which is far above these.
    let expanded = source.expand_multi_info(info, &mut derived);
    debug_assert!(expanded.is_ok());
    derived
}

fn cipher(key: [u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(key))
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
    /// The tag of the call that may get it at any time; `None` if that call had no idempotency key.
    pub tag: Option<RetryTag>,
    /// Nonce, ciphertext and authentication tag.
    pub sealed: Vec<u8>,
}

impl SealedSuccessor {
    /// Whether a call that seals `asked` is a retry of the call that sealed this.
    pub(super) fn is_retried_by(&self, asked: Option<&Self>) -> bool {
        self.tag.is_some() && asked.is_some_and(|asked| asked.tag == self.tag)
    }
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

    fn derive(presented: &RefreshToken, text: &str) -> RetryKey {
        RetryKey::derive(presented.expose_bytes(), Some(&key(text)))
    }

    #[test]
    fn every_holder_of_the_presented_token_opens_the_successor() {
        let (presented, successor) = tokens();
        let retry = derive(&presented, "k1").seal(&successor, *b"random nonce");
        let without = RetryKey::derive(presented.expose_bytes(), None);

        for same in [&derive(&presented, "k1"), &derive(&presented, "k2"), &without] {
            assert_eq!(same.open(&retry), Some(successor.clone()));
        }
        assert_eq!(derive(&successor, "k1").open(&retry), None);
        assert_eq!(without.seal(&successor, *b"random nonce"), SealedSuccessor { tag: None, ..retry });
    }

    #[test]
    fn only_the_same_token_with_the_same_key_has_the_same_tag() {
        let (presented, successor) = tokens();
        let tag = derive(&presented, "k1").tag();
        assert_eq!(derive(&presented, "k1").tag(), tag);
        for other in [derive(&presented, "k2"), derive(&successor, "k1")] {
            assert_ne!(other.tag(), tag);
        }
        let sealed = |tag: Option<RetryTag>| SealedSuccessor { tag, sealed: Vec::new() };
        assert!(sealed(tag).is_retried_by(Some(&sealed(tag))));
        assert!(!sealed(tag).is_retried_by(Some(&sealed(None))));
        assert!(!sealed(None).is_retried_by(Some(&sealed(None))));
        assert!(!sealed(tag).is_retried_by(None));
    }

    #[test]
    fn a_successor_that_the_release_before_sealed_needs_its_key() {
        let (presented, successor) = tokens();
        let sealed = [
            0xdbc6_d501_6ef1_01d7_d98f_919c_a17e_9250_u128,
            0x7c01_360a_095e_3e12_ee67_f711_d3b4_d894_u128,
            0xfcf2_55a0_ec21_f901_eac3_00e4_7a91_bf1b_u128,
            0x5333_e226_0950_c1f9_a9cd_e44f_b767_1c9f_u128,
        ];
        let retry = SealedSuccessor {
            tag: Some(RetryTag::from_bytes(0x85b8_1992_e171_65b7_9da8_b2a9_708d_c725_u128.to_be_bytes())),
            sealed: [b"random nonce".to_vec(), sealed.map(u128::to_be_bytes).concat()].concat(),
        };
        let same = derive(&presented, "k1");
        assert_eq!(same.tag(), retry.tag);
        assert_eq!(same.open(&retry), Some(successor));
        for other in [derive(&presented, "k2"), RetryKey::derive(presented.expose_bytes(), None)] {
            assert_eq!(other.open(&retry), None);
        }
    }

    // S-46
    #[test]
    fn the_sealed_form_contains_no_part_of_the_successor() {
        let (presented, successor) = tokens();
        let retry = derive(&presented, "k1").seal(&successor, *b"random nonce");
        for slice in successor.expose_bytes().windows(6) {
            assert!(!retry.sealed.windows(6).any(|part| part == slice));
        }
    }
}
