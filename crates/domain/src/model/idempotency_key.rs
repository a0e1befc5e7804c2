//! Idempotency keys: a client may retry a refresh with the same key.

use std::fmt;

use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The value of an `Idempotency-Key` header: 1 to 255 visible ASCII bytes, compared exactly.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct IdempotencyKey(String);

/// The header value is not an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an idempotency key has 1 to 255 visible ASCII characters")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// The maximum length in bytes.
    pub const MAX_BYTES: usize = 255;

    /// Parses the value of the header.
    ///
    /// # Errors
    /// [`InvalidIdempotencyKey`] if it is empty, too long, or has a byte outside `!` to `~`.
    pub fn parse(value: &[u8]) -> Result<Self, InvalidIdempotencyKey> {
        if value.is_empty() || value.len() > Self::MAX_BYTES {
            return Err(InvalidIdempotencyKey);
        }
        if !value.iter().all(u8::is_ascii_graphic) {
            return Err(InvalidIdempotencyKey);
        }
        str::from_utf8(value).map(|text| Self(text.to_owned())).map_err(|_| InvalidIdempotencyKey)
    }

    /// The bytes from which the key of a retry is derived.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_limits_are_one_and_255_visible_bytes() {
        assert!(IdempotencyKey::parse(b"!").is_ok());
        assert!(IdempotencyKey::parse(&[b'~'; 255]).is_ok());
        for bad in [b"".as_slice(), &[b'a'; 256], b"a b", b"a\tb", b"\x7f", "é".as_bytes()] {
            assert_eq!(IdempotencyKey::parse(bad), Err(InvalidIdempotencyKey));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_accepted_exactly_if_they_fit_the_rule(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let visible = (1..=255).contains(&bytes.len()) && bytes.iter().all(|b| (0x21..=0x7e).contains(b));
            prop_assert_eq!(IdempotencyKey::parse(&bytes).is_ok(), visible);
        }
    }
}
