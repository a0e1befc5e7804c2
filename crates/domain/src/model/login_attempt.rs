//! Login attempts in the form in which they are counted: keyed hashes, never the text.

use std::fmt;

use hkdf::Hkdf;
use hkdf::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Builder;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{ClientAddress, Email};

/// One login attempt as the limiter sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginAttempt {
    /// Names the attempt, so that its outcome can be settled.
    pub ticket: TicketId,
    /// The email axis.
    pub email: LimitKey,
    /// The address axis; `None` when the client's address is not known, then only the email counts.
    pub address: Option<LimitKey>,
}

/// Names one attempt among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TicketId([u8; 16]);

impl TicketId {
    /// The ticket id of these bytes: random ones, or stored ones.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// What stands for an email or an address where attempts are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey([u8; 16]);

impl LimitKey {
    /// Returns the key that was stored as `bytes`.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AxisKey({self})")
    }
}

impl fmt::Display for LimitKey {
    /// Writes the key in hex, as it is stored; a keyed hash reveals neither email nor address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Builder::from_bytes(self.0).into_uuid().simple())
    }
}

/// Turns emails and addresses into [`LimitKey`]s under a key of its own (S-21).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LimitKeys([u8; 32]);

impl LimitKeys {
    /// Derives the key from the signing secret by HKDF-SHA256 (RFC 5869).
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        let mut key = [0; 32];
        // 32 bytes are far below the limit of HKDF, the only thing that `expand` can object to.
        let expanded = Hkdf::<Sha256>::new(None, secret).expand(b"hooksentry-auth login limit v1", &mut key);
        debug_assert!(expanded.is_ok());
        Self(key)
    }

    /// Returns the key under which attempts on `email` are counted.
    #[must_use]
    pub fn email(&self, email: &Email) -> LimitKey {
        self.key(b'e', email.as_str().as_bytes())
    }

    /// Returns the key under which attempts from `address` are counted.
    #[must_use]
    pub fn address(&self, address: ClientAddress) -> LimitKey {
        self.key(b'a', address.ip().to_string().as_bytes())
    }

    fn key(&self, key: u8, text: &[u8]) -> LimitKey {
        let mut bytes = [0; 16];
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            let tag = mac.chain_update([key]).chain_update(text).finalize().into_bytes();
            bytes.iter_mut().zip(tag).for_each(|(byte, part)| *byte = part);
        }
        LimitKey(bytes)
    }
}

impl fmt::Debug for LimitKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AxisKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-21
    #[test]
    fn keys_differ_by_key_text_and_secret_and_by_nothing_else() {
        let keys = LimitKeys::derive(b"one secret");
        let email = Email::from_trusted("127.0.0.1".to_owned());
        let address = ClientAddress::new("127.0.0.1".parse().unwrap());
        assert_eq!(keys.email(&email), keys.email(&email));
        assert_ne!(keys.email(&email), keys.address(address));
        assert_ne!(keys.email(&email), keys.email(&Email::parse("a@b.c").unwrap()));
        assert_ne!(keys.email(&email), LimitKeys::derive(b"another").email(&email));
    }
}
