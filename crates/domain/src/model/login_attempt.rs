//! Login attempts as they are counted: by keyed hashes, never by the text.

use std::fmt;

use hkdf::Hkdf;
use hkdf::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Builder;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{ClientAddress, Email};

/// A login attempt as the limiter counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginAttempt {
    /// The id by which the attempt is settled.
    pub ticket: TicketId,
    /// The limit key of the email.
    pub email: LimitKey,
    /// The limit key of the client's address; `None` if the address is not known. Then only the email counts.
    pub address: Option<LimitKey>,
}

/// The id of a login attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TicketId([u8; 16]);

impl TicketId {
    /// The id with these bytes, which are random or stored.
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

/// A keyed hash of an email or an address, by which attempts are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LimitKey([u8; 16]);

impl LimitKey {
    /// The key with these stored bytes.
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

impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LimitKey({self})")
    }
}

impl fmt::Display for LimitKey {
    /// The key in hex, as it is stored. It reveals neither the email nor the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Builder::from_bytes(self.0).into_uuid().simple())
    }
}

/// Derives [`LimitKey`]s from emails and addresses, with its own key (S-21).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LimitKeys([u8; 32]);

impl LimitKeys {
    /// Derives the key from the signing secret by HKDF-SHA256 (RFC 5869).
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        let mut key = [0; 32];
        // `expand` fails only above the maximum length of HKDF, which is far above 32 bytes.
        let expanded = Hkdf::<Sha256>::new(None, secret).expand(b"hooksentry-auth login limit v1", &mut key);
        debug_assert!(expanded.is_ok());
        Self(key)
    }

    /// The limit key of an email.
    #[must_use]
    pub fn email(&self, email: &Email) -> LimitKey {
        self.key(b'e', email.as_str().as_bytes())
    }

    /// The limit key of an address.
    #[must_use]
    pub fn address(&self, address: ClientAddress) -> LimitKey {
        self.key(b'a', address.ip().to_string().as_bytes())
    }

    fn key(&self, kind: u8, text: &[u8]) -> LimitKey {
        let mut bytes = [0; 16];
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) {
            let tag = mac.chain_update([kind]).chain_update(text).finalize().into_bytes();
            bytes.iter_mut().zip(tag).for_each(|(byte, part)| *byte = part);
        }
        LimitKey(bytes)
    }
}

impl fmt::Debug for LimitKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimitKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S-21
    #[test]
    fn keys_depend_on_kind_text_and_secret() {
        let keys = LimitKeys::derive(b"one secret");
        let email = Email::from_trusted("127.0.0.1".to_owned());
        let address = ClientAddress::new("127.0.0.1".parse().unwrap());
        assert_eq!(keys.email(&email), keys.email(&email));
        assert_ne!(keys.email(&email), keys.address(address));
        assert_ne!(keys.email(&email), keys.email(&Email::parse("a@b.c").unwrap()));
        assert_ne!(keys.email(&email), LimitKeys::derive(b"another").email(&email));
    }
}
