//! Refresh tokens as they are sent, and digests as they are stored.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{SessionId, SessionRef, UserId};

const BODY: usize = 48;
const TOKEN: usize = 52;

/// A refresh token: 52 bytes in lower-case hex.
///
/// ```text
/// user id (16) ‖ session half (16) ‖ one-time half (16) ‖ checksum (4)
/// ```
///
/// The session half is random and constant for the session. The one-time half is random and new in each rotation. So a token
/// with the right session half and another one-time half was issued for this session and used: reuse is detected without a
/// list of used tokens. The checksum, which is not a signature, lets most invalid texts be rejected without a store.
///
/// `Debug` does not show the token, and it is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RefreshToken([u8; BODY]);

impl RefreshToken {
    /// The length of the text in characters.
    pub const LENGTH: usize = 2 * TOKEN;

    /// The first token of a new session, from 256 random bits.
    #[must_use]
    pub fn first(user_id: UserId, random: &[u8; 32]) -> Self {
        let mut token = Self([0; BODY]);
        let (user, halves) = token.0.split_at_mut(16);
        user.copy_from_slice(user_id.as_bytes());
        halves.copy_from_slice(random);
        token
    }

    /// The successor in the same session, from 128 new random bits.
    #[must_use]
    pub fn successor(&self, random: &[u8; 16]) -> Self {
        let mut next = self.clone();
        let (_, one_time) = next.0.split_at_mut(32);
        one_time.copy_from_slice(random);
        next
    }

    /// Parses the text of a client; `None` if it is not a token of this service.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; TOKEN]);
        if text.len() != Self::LENGTH {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = hex_value(*high)? << 4 | hex_value(*low)?;
        }
        let (body, check) = bytes.split_first_chunk::<BODY>()?;
        (checksum(body) == check).then(|| Self(*body))
    }

    /// The text to send.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(Self::LENGTH));
        for byte in self.0.iter().chain(&checksum(&self.0)) {
            text.push(hex_digit(byte >> 4));
            text.push(hex_digit(byte & 0xf));
        }
        text
    }

    /// The digest, for stores.
    #[must_use]
    pub fn digest(&self) -> RefreshTokenDigest {
        RefreshTokenDigest {
            session: self.session(),
            value: tagged_digest(b"hooksentry-auth refresh token v1", &self.0),
        }
    }

    /// The session of the token.
    #[must_use]
    pub fn session(&self) -> SessionRef {
        let (user, halves) = self.0.split_at(16);
        let (session_half, _) = halves.split_at(16);
        let mut sid = [0; 16];
        let digest = tagged_digest(b"hooksentry-auth session id v1", session_half);
        sid.iter_mut().zip(digest).for_each(|(byte, part)| *byte = part);
        let mut user_id = [0; 16];
        user_id.copy_from_slice(user);
        SessionRef {
            user_id: UserId::from_uuid(Uuid::from_bytes(user_id)),
            session_id: SessionId::from_uuid(Builder::from_custom_bytes(sid).into_uuid()),
        }
    }

    /// The secret bytes, from which the key for the sealed successor is derived.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; BODY] {
        &self.0
    }

    /// The token of bytes that were sealed.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// A refresh token as stores keep it: its session and a SHA-256 digest of the whole token.
///
/// The token has 256 random bits, so the digest needs no slow hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshTokenDigest {
    /// The session of the token.
    pub session: SessionRef,
    /// The digest.
    pub value: [u8; 32],
}

impl fmt::Debug for RefreshTokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshTokenDigest({:?}, ..)", self.session)
    }
}

fn tagged_digest(purpose: &[u8], bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(purpose).chain_update([0]).chain_update(bytes).finalize().into()
}

fn checksum(body: &[u8; BODY]) -> [u8; 4] {
    let [a, b, c, d, ..] = tagged_digest(b"hooksentry-auth checksum v1", body);
    [a, b, c, d]
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

const fn hex_digit(value: u8) -> char {
    (if value < 10 { b'0' + value } else { b'a' + value - 10 }) as char
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RANDOM: [u8; 32] = *b"session half, 16one-time half 16";
    const NEXT: [u8; 16] = *b"next one-time 16";

    fn token() -> RefreshToken {
        let user = "9c858901-8a57-4791-81fe-4c455b099bc9".parse().unwrap();
        RefreshToken::first(user, &RANDOM)
    }

    #[test]
    fn a_token_can_be_parsed_from_its_text() {
        let text = token().expose();
        assert_eq!(text.len(), 104);
        assert!(text.starts_with("9c8589018a57479181fe4c455b099bc9"));
        assert_eq!(RefreshToken::parse(&text), Some(token()));
    }

    // S-45
    #[test]
    fn a_token_has_256_random_bits_and_a_successor_128_new_ones() {
        assert_eq!(token().expose_bytes()[16..], RANDOM);
        let next = token().successor(&NEXT);
        assert_eq!(next.expose_bytes()[..32], token().expose_bytes()[..32]);
        assert_eq!(next.expose_bytes()[32..], NEXT);
    }

    #[test]
    fn a_successor_stays_in_the_session_and_differs() {
        let next = token().successor(&NEXT);
        assert_eq!(next.session(), token().session());
        assert_ne!(next.digest(), token().digest());
    }

    #[test]
    fn the_session_id_is_not_part_of_the_token() {
        let token = token();
        let text = token.expose();
        let sid = token.session().session_id.as_uuid().simple().to_string();
        assert!(!text.contains(&sid[..12]));
    }

    // S-83
    #[test]
    fn debug_shows_no_part_of_the_token() {
        assert_eq!(format!("{:?}", token()), "RefreshToken(..)");
    }

    proptest! {
        // S-55
        #[test]
        fn one_changed_character_is_rejected(position in 0..104_usize, digit in "[0-9a-f]") {
            let mut text = token().expose().to_string();
            text.replace_range(position..=position, &digit);
            prop_assert_eq!(RefreshToken::parse(&text).is_some(), text == *token().expose());
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text in any::<String>(), hex in "[0-9a-fA-F]{104}") {
            prop_assert_eq!(RefreshToken::parse(&text), None);
            prop_assert_eq!(RefreshToken::parse(&hex), None);
            prop_assert_eq!(RefreshToken::parse(&token().expose().to_uppercase()), None);
        }

        #[test]
        fn every_token_can_be_parsed_from_its_text(body in any::<[[u8; 16]; 3]>()) {
            let token = RefreshToken::from_bytes(&body.concat()).unwrap();
            prop_assert_eq!(RefreshToken::parse(&token.expose()), Some(token));
        }
    }
}
