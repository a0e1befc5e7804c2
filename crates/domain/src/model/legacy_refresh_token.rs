//! Refresh tokens of the legacy service.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{RefreshToken, TenantId, UserId};

/// A refresh token of the legacy service: 43 characters of base64url, which that service stores in clear text.
///
/// `Debug` does not show it, and it is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct LegacyRefreshToken(String);

impl LegacyRefreshToken {
    /// The length of the text in characters.
    pub const LENGTH: usize = 43;

    /// Parses the text of a client; `None` if it does not have the form of the legacy tokens.
    ///
    /// The text becomes part of a key in a store, so the check must be strict.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (text.len() == Self::LENGTH && text.bytes().all(is_base64url)).then(|| Self(text.to_owned()))
    }

    /// The SHA-256 digest of the text, under which a store keeps what the token was exchanged for.
    ///
    /// The token has 256 random bits, so the digest needs no slow hash.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The text, for the key in the store and for the key of the sealed successor.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LegacyRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LegacyRefreshToken(..)")
    }
}

/// The holder of a legacy refresh token, as the legacy service stored it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegacyHolder {
    /// The user.
    pub user_id: UserId,
    /// The user's tenant when the token was issued.
    pub tenant_id: TenantId,
}

/// A text with the form of a refresh token of this service or of the legacy service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresentedRefreshToken {
    /// A token of this service.
    Current(RefreshToken),
    /// A token of the legacy service.
    Legacy(LegacyRefreshToken),
}

impl PresentedRefreshToken {
    /// Parses the text of a client; `None` if it has neither form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let current = RefreshToken::parse(text).map(Self::Current);
        current.or_else(|| LegacyRefreshToken::parse(text).map(Self::Legacy))
    }
}

impl From<RefreshToken> for PresentedRefreshToken {
    fn from(token: RefreshToken) -> Self {
        Self::Current(token)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "Zm9vYmFyYmF6cXV4LXRoaXMtaXMtYS10b2tlbi1f-_A";

    // S-67
    #[test]
    fn only_43_characters_of_base64url_are_a_legacy_token() {
        assert_eq!(LegacyRefreshToken::parse(TOKEN).unwrap().expose(), TOKEN);
        for bad in ["", &TOKEN[1..], &format!("{TOKEN}A"), &TOKEN.replace('-', ":"), &TOKEN.replace('Z', "{")]
        {
            assert_eq!(LegacyRefreshToken::parse(bad), None, "{bad}");
        }
    }

    // S-83
    #[test]
    fn debug_shows_no_part_of_a_legacy_token() {
        let presented = PresentedRefreshToken::parse(TOKEN);
        assert_eq!(format!("{presented:?}"), "Some(Legacy(LegacyRefreshToken(..)))");
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_exactly_if_it_fits_the_rule(text in "[A-Za-z0-9_:|{}* -]{42,44}") {
            let right = text.len() == 43 && !text.contains([':', '|', '{', '}', '*', ' ']);
            prop_assert_eq!(LegacyRefreshToken::parse(&text).is_some(), right);
        }
    }
}
