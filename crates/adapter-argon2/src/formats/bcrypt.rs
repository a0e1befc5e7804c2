//! Hashes of bcrypt: `$2b$12$` with 22 characters of salt and 31 of hash.

use auth_domain::model::HashFormat;
use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;

use super::stored_hash::StoredHash;
use crate::algorithms::{BcryptCost, HashCost};
use crate::error::UnusableHash;

/// Some implementations set the unused bits of the last character.
const BASE64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));
/// The versions differ only in defects of the implementations that wrote them.
const VERSIONS: [&str; 4] = ["$2a$", "$2b$", "$2x$", "$2y$"];
const SALT_CHARACTERS: usize = 22;
const HASH_CHARACTERS: usize = 31;

/// Parses a hash; `None` if the text does not begin like one.
pub(super) fn parse(text: &str) -> Option<Result<StoredHash, UnusableHash>> {
    without_version(text).map(|rest| parse_rest(rest).unwrap_or(Err(UnusableHash::UnknownFormat)))
}

/// Parses the cost at the beginning; `None` if it is out of bounds.
pub(super) fn bounded_cost(text: &str) -> Option<HashCost> {
    let cost = parse_cost(without_version(text)?)?;
    BcryptCost::new(cost).map(HashCost::Bcrypt)
}

fn without_version(text: &str) -> Option<&str> {
    VERSIONS.iter().find_map(|version| text.strip_prefix(version))
}

/// Returns `None` if the text has another form.
fn parse_rest(rest: &str) -> Option<Result<StoredHash, UnusableHash>> {
    let (cost, encoded) = rest.split_once('$')?;
    let cost = parse_cost(cost)?;
    if encoded.len() != SALT_CHARACTERS + HASH_CHARACTERS {
        return None;
    }
    let (salt, hash) = encoded.split_at_checked(SALT_CHARACTERS)?;
    let (salt, hash) = (BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?);
    let cost = BcryptCost::new(cost).ok_or(UnusableHash::OutOfBounds);
    Some(cost.map(|cost| StoredHash::new(HashFormat::Bcrypt, HashCost::Bcrypt(cost), salt, hash)))
}

/// Parses two digits.
fn parse_cost(text: &str) -> Option<u32> {
    let is_cost = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_cost)
}
