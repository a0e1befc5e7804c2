//! The access tokens of one session that are still alive, packed into one value.

use auth_domain::model::{LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, TokenId, to_unix_microseconds};
use uuid::Uuid;

use crate::error::StoreError;
use crate::stored::time;

/// Token id (16 bytes), then the expiry in microseconds (8 bytes, big-endian).
const ENTRY: usize = 24;

/// At most [`MAX_LIVE_ACCESS_TOKENS`] access tokens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LiveTokens(Vec<LiveAccessToken>);

impl LiveTokens {
    pub(super) fn of(first: LiveAccessToken) -> Self {
        Self(vec![first])
    }

    pub(super) fn unpack(bytes: &[u8]) -> Result<Self, StoreError> {
        let (entries, rest) = bytes.as_chunks::<ENTRY>();
        if !rest.is_empty() {
            return Err(StoreError::Contradiction("the live tokens of a session are cut off"));
        }
        entries.iter().map(unpack_one).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * ENTRY);
        for token in &self.0 {
            bytes.extend_from_slice(token.id.as_bytes());
            bytes.extend_from_slice(&to_unix_microseconds(token.expires_at).to_be_bytes());
        }
        bytes
    }

    /// Forgets those that were dead at `dead_since` and the `released`, then remembers `token`; with no room left, names the one
    /// that expires first.
    pub(super) fn remember(
        &mut self,
        token: LiveAccessToken,
        released: Option<TokenId>,
        dead_since: i64,
    ) -> Result<(), LiveAccessToken> {
        self.0.retain(|known| {
            to_unix_microseconds(known.expires_at) > dead_since && Some(known.id) != released
        });
        if self.0.iter().any(|known| known.id == token.id) {
            return Ok(());
        }
        match self.0.iter().min_by_key(|known| known.expires_at) {
            Some(oldest) if self.0.len() >= MAX_LIVE_ACCESS_TOKENS => Err(*oldest),
            Some(_) | None => {
                self.0.push(token);
                Ok(())
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = LiveAccessToken> {
        self.0.iter().copied()
    }
}

fn unpack_one(entry: &[u8; ENTRY]) -> Result<LiveAccessToken, StoreError> {
    let mut id = [0; 16];
    let mut expiry = [0; 8];
    id.iter_mut().chain(&mut expiry).zip(entry).for_each(|(byte, stored)| *byte = *stored);
    Ok(LiveAccessToken {
        id: TokenId::from_uuid(Uuid::from_bytes(id)),
        expires_at: time(i64::from_be_bytes(expiry))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: u8, expires_at: i64) -> LiveAccessToken {
        let id = TokenId::from_uuid(Uuid::from_bytes([number; 16]));
        LiveAccessToken { id, expires_at: time(expires_at).unwrap() }
    }

    fn full() -> LiveTokens {
        LiveTokens((0..16).map(|number| token(number, 1_000 - i64::from(number))).collect())
    }

    // S-49
    #[test]
    fn sixteen_tokens_survive_packing_in_384_bytes() {
        let bytes = full().pack();
        assert_eq!(bytes.len(), 384);
        assert_eq!(LiveTokens::unpack(&bytes).unwrap(), full());
        assert!(LiveTokens::unpack(&bytes[1..]).is_err());
    }

    #[test]
    fn a_full_session_names_the_token_that_expires_first() {
        let mut tokens = full();
        assert_eq!(tokens.remember(token(99, 2_000), None, 0), Err(token(15, 985)));
        assert_eq!(tokens, full());
        assert_eq!(tokens.remember(token(99, 2_000), Some(token(15, 985).id), 0), Ok(()));
        assert_eq!(tokens.iter().count(), 16);
    }

    #[test]
    fn the_dead_make_room_and_the_known_need_none() {
        let mut tokens = full();
        assert_eq!(tokens.remember(token(3, 997), None, 0), Ok(()));
        assert_eq!(tokens.remember(token(99, 2_000), None, 985), Ok(()));
        assert_eq!(tokens.remember(token(99, 2_000), None, 1_000), Ok(()));
        assert_eq!(tokens.iter().collect::<Vec<_>>(), [token(99, 2_000)]);
    }
}
