//! The texts that hashes are stored as: PHC strings, and the platform's older format.

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
/// The width of the column where the platform stores hashes.
const LONGEST_TEXT: usize = 512;
const SHORTEST_SALT: usize = 8;
const LONGEST_SALT: usize = 64;
const SHORTEST_HASH: usize = 16;
const LONGEST_HASH: usize = 64;

/// A stored hash, read and within the bounds.
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
    /// Reads either format; nothing is computed and no memory is taken for what is out of bounds.
    pub(crate) fn parse(text: &str, legacy: bool) -> Result<Self, UnusableHash> {
        if text.len() > LONGEST_TEXT {
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

    /// Tells whether the hash was made in another way than new ones are.
    pub(crate) fn is_outdated(&self, current: Cost) -> bool {
        let as_new = self.cost == current && self.salt.len() == SALT_BYTES && self.hash.len() == HASH_BYTES;
        match self.format {
            Format::Phc => !as_new,
            Format::Legacy => true,
        }
    }

    /// Hashes `password` and compares in constant time.
    pub(crate) fn matches(&self, password: &[u8], memory: &mut Memory) -> Result<bool, HashError> {
        let hash = memory.hash(self.cost, password, &self.salt, self.hash.len())?;
        Ok(hash.as_slice().ct_eq(&self.hash).into())
    }
}

/// Writes a PHC string.
pub(crate) fn phc(cost: Cost, salt: &[u8], hash: &[u8]) -> String {
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("{}${salt}${hash}", beginning(cost))
}

/// The cost of hashes with these parameters; `None` if such a hash is never computed.
pub(crate) fn cost_of(parameters: &HashParameters) -> Option<Cost> {
    let cost = parse_cost(parameters.as_str().strip_prefix(PREFIX)?)?;
    is_usable(cost).then_some(cost)
}

/// The beginning of a PHC string, up to the salt.
pub(crate) fn beginning(cost: Cost) -> String {
    let Cost { memory_kib, iterations, parallelism } = cost;
    format!("{PREFIX}m={memory_kib},t={iterations},p={parallelism}")
}

/// Reads what follows the prefix: `m=…,t=…,p=…$salt$hash`, in this order and spelling only.
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
    let bounded = is_usable(cost)
        && (SHORTEST_SALT..=LONGEST_SALT).contains(&salt.len())
        && (SHORTEST_HASH..=LONGEST_HASH).contains(&hash.len());
    if !bounded {
        return Err(UnusableHash::OutOfBounds);
    }
    Ok(StoredHash { cost, salt, hash: Zeroizing::new(hash), format: Format::Phc })
}

/// Whether a hash of this cost is computed.
fn is_usable(cost: Cost) -> bool {
    // The library knows the lower bounds: some passes, some lanes, eight blocks for each of them.
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

/// Reads a number as the PHC format writes it: digits, without a sign or leading zeros.
fn decimal(text: &str) -> Option<u32> {
    let number = text.parse::<u32>().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Reads `base64(salt):base64(hash)`, padded; the cost is not in the text.
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
