//! The derivation of limit keys.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use hkdf::Hkdf;
use hkdf::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{ClientAddress, Email, LimitKey, Origin};

/// Derives [`LimitKey`]s from emails and addresses, with its own key (S-21). Clones share the key.
#[derive(Clone)]
pub struct LimitKeys(Arc<RwLock<DerivedKey>>);

#[derive(Zeroize, ZeroizeOnDrop)]
struct DerivedKey([u8; 32]);

impl LimitKeys {
    /// Derives the key from the signing secret by HKDF-SHA256 (RFC 5869).
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        Self(Arc::new(RwLock::new(DerivedKey::of(secret))))
    }

    /// Derives the key from another signing secret, for all clones. As after a start with that secret, everything that was counted
    /// or remembered before has other limit keys.
    pub fn replace(&self, secret: &[u8]) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = DerivedKey::of(secret);
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

    /// The limit key of the /48 of an IPv6 address; `None` for an IPv4 address.
    #[must_use]
    pub fn network(&self, address: ClientAddress) -> Option<LimitKey> {
        Some(self.key(b'n', address.network()?.to_string().as_bytes()))
    }

    /// The limit keys of an attempt on `email` from `address`.
    #[must_use]
    pub fn origin(&self, email: &Email, address: ClientAddress, is_exempt: bool) -> Origin {
        // An email has no control characters, so no other email and address have this text.
        let pair = format!("{}\0{}", email.as_str(), address.ip());
        Origin {
            address: self.address(address),
            network: self.network(address),
            pair: self.key(b'p', pair.as_bytes()),
            is_exempt,
        }
    }

    fn key(&self, kind: u8, text: &[u8]) -> LimitKey {
        let mut bytes = [0; 16];
        let derived = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Ok(mac) = Hmac::<Sha256>::new_from_slice(&derived.0) {
            let tag = mac.chain_update([kind]).chain_update(text).finalize().into_bytes();
            bytes.iter_mut().zip(tag).for_each(|(byte, part)| *byte = part);
        }
        LimitKey::from_bytes(bytes)
    }
}

impl DerivedKey {
    fn of(secret: &[u8]) -> Self {
        let mut key = [0; 32];
        // `expand` fails only above the maximum length of HKDF, which is far above 32 bytes.
        let expanded = Hkdf::<Sha256>::new(None, secret).expand(b"hooksentry-auth login limit v1", &mut key);
        debug_assert!(expanded.is_ok());
        Self(key)
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

    // S-98
    #[test]
    fn replaced_secret_counts_for_all_clones() {
        let keys = LimitKeys::derive(b"one secret");
        let (clone, email) = (keys.clone(), Email::parse("a@b.c").unwrap());
        keys.replace(b"another");
        assert_eq!(clone.email(&email), LimitKeys::derive(b"another").email(&email));
    }

    #[test]
    fn pairs_differ_by_email_and_by_address() {
        let keys = LimitKeys::derive(b"one secret");
        let pair = |email: &str, address: &str| {
            let address = ClientAddress::new(address.parse().unwrap());
            keys.origin(&Email::parse(email).unwrap(), address, false).pair
        };
        let first = pair("a@b.c", "192.0.2.1");
        assert_eq!(first, pair("a@b.c", "::ffff:192.0.2.1"));
        assert_ne!(first, pair("a@b.c", "192.0.2.11"));
        assert_ne!(first, pair("aa@b.c", "192.0.2.1"));
    }

    // S-20
    #[test]
    fn ipv6_networks_have_48_bits_and_ipv4_has_none() {
        let keys = LimitKeys::derive(b"one secret");
        let network = |text: &str| keys.network(ClientAddress::new(text.parse().unwrap()));
        assert_eq!(network("192.0.2.1"), None);
        assert_eq!(network("2001:db8:1:2::3"), network("2001:db8:1:ffff::9"));
        assert_ne!(network("2001:db8:1:2::3"), network("2001:db8:2:2::3"));
        assert_ne!(
            network("2001:db8:1::1"),
            Some(keys.address(ClientAddress::new("2001:db8:1::1".parse().unwrap())))
        );
    }
}
