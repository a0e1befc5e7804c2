//! The formats of stored hashes: PHC strings, and the legacy format of the HookSentry platform.

use auth_domain::model::HashParameters;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::cost::Cost;
use crate::error::{HashError, UnusableHash};
use crate::memory::Memory;

/// The length of a new salt, in bytes.
pub(crate) const SALT_BYTES: usize = 16;
/// The length of a new hash, in bytes.
pub(crate) const HASH_BYTES: usize = 32;

const PREFIX: &str = "$argon2id$v=19$";
/// The width of the column `users.password_hash`.
const MAX_TEXT_BYTES: usize = 512;
const MIN_SALT_BYTES: usize = 8;
const MAX_SALT_BYTES: usize = 64;
const MIN_HASH_BYTES: usize = 16;
const MAX_HASH_BYTES: usize = 64;

/// A parsed stored hash, within the bounds.
#[cfg_attr(test, derive(Debug))]
#[derive(PartialEq, Eq)]
pub(crate) struct StoredHash {
    cost: Cost,
    salt: Vec<u8>,
    hash: Zeroizing<Vec<u8>>,
    format: Format,
}

#[cfg_attr(test, derive(Debug))]
#[derive(PartialEq, Eq)]
enum Format {
    Phc,
    Legacy,
}

impl StoredHash {
    /// Parses either format. A hash that is out of bounds is rejected before any memory is allocated for it.
    pub(crate) fn parse(text: &str, legacy: bool) -> Result<Self, UnusableHash> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(UnusableHash::OutOfBounds);
        }
        if let Some(rest) = text.strip_prefix(PREFIX) {
            return parse_phc(rest);
        }
        let stored = parse_legacy(text).ok_or(UnusableHash::UnknownFormat)?;
        if legacy { Ok(stored) } else { Err(UnusableHash::LegacyIsOff) }
    }

    /// The cost of the hash.
    pub(crate) const fn cost(&self) -> Cost {
        self.cost
    }

    /// Whether format, cost or a length differs from that of new hashes.
    pub(crate) fn is_outdated(&self, current: Cost) -> bool {
        let is_current =
            self.cost == current && self.salt.len() == SALT_BYTES && self.hash.len() == HASH_BYTES;
        match self.format {
            Format::Phc => !is_current,
            Format::Legacy => true,
        }
    }

    /// Hashes `password` and compares the result in constant time.
    pub(crate) fn matches(&self, password: &[u8], memory: &mut Memory) -> Result<bool, HashError> {
        let hash = memory.hash(self.cost, password, &self.salt, self.hash.len())?;
        Ok(hash.as_slice().ct_eq(&self.hash).into())
    }
}

/// Returns a PHC string.
pub(crate) fn phc(cost: Cost, salt: &[u8], hash: &[u8]) -> String {
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("{}${salt}${hash}", phc_parameters(cost))
}

/// Returns the cost of hashes with these parameters; `None` if they are out of bounds.
pub(crate) fn cost_of(parameters: &HashParameters) -> Option<Cost> {
    let cost = parse_cost(parameters.as_str().strip_prefix(PREFIX)?)?;
    is_within_bounds(cost).then_some(cost)
}

/// Returns the part of a PHC string before the salt.
pub(crate) fn phc_parameters(cost: Cost) -> String {
    let Cost { memory_kib, iterations, parallelism } = cost;
    format!("{PREFIX}m={memory_kib},t={iterations},p={parallelism}")
}

/// Parses the text after the prefix, `m=…,t=…,p=…$salt$hash`, in this order and spelling only.
fn parse_phc(rest: &str) -> Result<StoredHash, UnusableHash> {
    let mut fields = rest.split('$');
    let (Some(cost), Some(salt), Some(hash), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err(UnusableHash::UnknownFormat);
    };
    let cost = parse_cost(cost).ok_or(UnusableHash::UnknownFormat)?;
    let salt = STANDARD_NO_PAD.decode(salt).map_err(|_| UnusableHash::UnknownFormat)?;
    let hash = STANDARD_NO_PAD.decode(hash).map_err(|_| UnusableHash::UnknownFormat)?;
    let is_bounded = is_within_bounds(cost)
        && (MIN_SALT_BYTES..=MAX_SALT_BYTES).contains(&salt.len())
        && (MIN_HASH_BYTES..=MAX_HASH_BYTES).contains(&hash.len());
    if !is_bounded {
        return Err(UnusableHash::OutOfBounds);
    }
    Ok(StoredHash { cost, salt, hash: Zeroizing::new(hash), format: Format::Phc })
}

/// Whether a cost is within the bounds.
fn is_within_bounds(cost: Cost) -> bool {
    // The library checks the lower bounds: one pass, one lane, eight blocks per lane.
    cost.is_bounded() && argon2::Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None).is_ok()
}

fn parse_cost(text: &str) -> Option<Cost> {
    let (memory_kib, rest) = text.strip_prefix("m=")?.split_once(",t=")?;
    let (iterations, parallelism) = rest.split_once(",p=")?;
    Some(Cost {
        memory_kib: decimal(memory_kib)?,
        iterations: decimal(iterations)?,
        parallelism: decimal(parallelism)?,
    })
}

/// Parses a number in the spelling of the PHC format: digits, without a sign or leading zeros.
fn decimal(text: &str) -> Option<u32> {
    let number = text.parse::<u32>().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Parses `base64(salt):base64(hash)`, with padding. The cost is not in the text.
fn parse_legacy(text: &str) -> Option<StoredHash> {
    let (salt, hash) = text.split_once(':')?;
    let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
    if salt.len() != SALT_BYTES || hash.len() != HASH_BYTES {
        return None;
    }
    Some(StoredHash { cost: Cost::LEGACY, salt, hash: Zeroizing::new(hash), format: Format::Legacy })
}

#[cfg(test)]
mod tests;
