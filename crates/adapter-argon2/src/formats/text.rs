//! The parts of stored texts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::error::UnusableHash;

const MIN_SALT_BYTES: usize = 8;
const MAX_SALT_BYTES: usize = 64;
const MIN_HASH_BYTES: usize = 16;
const MAX_HASH_BYTES: usize = 64;

/// The cost, the salt and the hash of a text: `cost$salt$hash`.
pub(super) fn fields(text: &str) -> Option<[&str; 3]> {
    let mut fields = text.split('$');
    match (fields.next(), fields.next(), fields.next(), fields.next()) {
        (Some(cost), Some(salt), Some(hash), None) => Some([cost, salt, hash]),
        _ => None,
    }
}

/// Decodes base64 without padding.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, UnusableHash> {
    STANDARD_NO_PAD.decode(text).map_err(|_| UnusableHash::UnknownFormat)
}

/// Checks the lengths of a salt and of a hash with at most `max_hash_bytes`.
pub(super) fn check_lengths(salt: &[u8], hash: &[u8], max_hash_bytes: usize) -> Result<(), UnusableHash> {
    let is_bounded = (MIN_SALT_BYTES..=MAX_SALT_BYTES).contains(&salt.len())
        && (MIN_HASH_BYTES..=MAX_HASH_BYTES.min(max_hash_bytes)).contains(&hash.len());
    if is_bounded { Ok(()) } else { Err(UnusableHash::OutOfBounds) }
}

/// Parses a number in the spelling of the PHC format: digits, without a sign or leading zeros.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let number = text.parse::<u32>().ok()?;
    (number.to_string() == text).then_some(number)
}
