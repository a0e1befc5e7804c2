//! The legacy format of the HookSentry platform.

use auth_domain::model::HashFormat;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::stored_hash::{HASH_BYTES, SALT_BYTES, StoredHash};
use crate::algorithms::HashCost;
use crate::cost::Cost;

/// Parses `base64(salt):base64(hash)`, with padding. The cost is not in the text.
pub(super) fn parse(text: &str) -> Option<StoredHash> {
    let (salt, hash) = text.split_once(':')?;
    let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
    if salt.len() != SALT_BYTES || hash.len() != HASH_BYTES {
        return None;
    }
    Some(StoredHash::new(HashFormat::Legacy, HashCost::Argon2(Cost::LEGACY), salt, hash))
}
