//! Limit keys: keyed hashes of what login attempts are counted by, never the text.

use std::fmt;

use uuid::Builder;

/// A keyed hash by which attempts are counted: of an email, an address, a network, or an email and an address together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
