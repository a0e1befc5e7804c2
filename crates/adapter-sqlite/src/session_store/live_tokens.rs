//! The live access tokens of a session in one column.

use auth_domain::model::{LiveAccessToken, TokenId, to_unix_microseconds};

use crate::error::StoreError;
use crate::stored::{id, time};

/// The length of a token id in bytes. The expiry in microseconds follows it, in eight bytes, big-endian.
const ID: usize = 16;
const ENTRY: usize = ID + 8;

pub(super) fn pack(tokens: &[LiveAccessToken]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(tokens.len() * ENTRY);
    for token in tokens {
        bytes.extend_from_slice(token.id.as_bytes());
        bytes.extend_from_slice(&to_unix_microseconds(token.expires_at).to_be_bytes());
    }
    bytes
}

pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<LiveAccessToken>, StoreError> {
    let (entries, rest) = bytes.as_chunks::<ENTRY>();
    if !rest.is_empty() {
        return Err(StoreError::Contradiction("the live access tokens of a session are cut off"));
    }
    entries.iter().map(unpack_one).collect()
}

fn unpack_one(entry: &[u8; ENTRY]) -> Result<LiveAccessToken, StoreError> {
    let (token_id, expiry) = entry.split_at(ID);
    let expiry = expiry.iter().fold(0_i64, |value, byte| value << 8 | i64::from(*byte));
    Ok(LiveAccessToken { id: TokenId::from_uuid(id(token_id)?), expires_at: time(expiry)? })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    // S-49
    #[test]
    fn sixteen_tokens_take_384_bytes() {
        let token = |number: u8| LiveAccessToken {
            id: TokenId::from_uuid(Uuid::from_bytes([number; 16])),
            expires_at: time(1_767_603_600_000_000 - i64::from(number)).unwrap(),
        };
        let tokens: Vec<_> = (0..16).map(token).collect();
        let bytes = pack(&tokens);
        assert_eq!(bytes.len(), 384);
        assert_eq!(unpack(&bytes).unwrap(), tokens);
        assert!(unpack(&bytes[1..]).is_err());
    }
}
