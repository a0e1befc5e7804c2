//! The formats of stored hashes.

mod bcrypt;
mod legacy;
mod pbkdf2;
mod phc;
mod scrypt;
mod stored_hash;
mod text;

use auth_domain::model::{HashFormat, HashParameters, HashUse};

use crate::algorithms::HashCost;
use crate::config::Argon2Config;
use crate::error::UnusableHash;
pub(crate) use phc::phc;
pub(crate) use stored_hash::{HASH_BYTES, SALT_BYTES, StoredHash};

/// The width of the column `users.password_hash`.
const MAX_TEXT_BYTES: usize = 512;

/// Parses a stored hash. One that is out of bounds is rejected before any memory is allocated for it.
pub(crate) fn parse(text: &str, config: &Argon2Config) -> Result<StoredHash, UnusableHash> {
    let stored = parse_any(text)?;
    let format = stored.format();
    if config.accepts(format) { Ok(stored) } else { Err(UnusableHash::SwitchedOff(format)) }
}

/// Returns whether passwords verify against a stored text.
pub(crate) fn usability(text: &str, config: &Argon2Config) -> HashUse {
    match parse(text, config) {
        Ok(stored) => HashUse::Verifies(stored.format()),
        Err(UnusableHash::SwitchedOff(format)) => HashUse::SwitchedOff(format),
        Err(UnusableHash::UnknownFormat | UnusableHash::OutOfBounds) => HashUse::Unusable,
    }
}

/// Returns the cost of accepted hashes with these parameters; `None` if they are out of bounds or switched off.
pub(crate) fn cost_of(parameters: &HashParameters, config: &Argon2Config) -> Option<HashCost> {
    let text = parameters.as_str();
    if let Some(rest) = text.strip_prefix(phc::PREFIX) {
        return phc::bounded_cost(rest);
    }
    let others = [
        (HashFormat::Bcrypt, bcrypt::bounded_cost(text)),
        (HashFormat::Pbkdf2, pbkdf2::bounded_cost(text)),
        (HashFormat::Scrypt, scrypt::bounded_cost(text)),
    ];
    others.into_iter().find_map(|(format, cost)| cost.filter(|_| config.accepts(format)))
}

/// Returns the beginning of hashes with this cost.
pub(crate) fn parameters(cost: HashCost) -> String {
    match cost {
        HashCost::Argon2(cost) => phc::parameters(cost),
        HashCost::Bcrypt(cost) => cost.parameters(),
        HashCost::Pbkdf2(cost) => cost.parameters(),
        HashCost::Scrypt(cost) => cost.parameters(),
    }
}

/// Parses every format, also those that are switched off.
fn parse_any(text: &str) -> Result<StoredHash, UnusableHash> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(UnusableHash::OutOfBounds);
    }
    if let Some(rest) = text.strip_prefix(phc::PREFIX) {
        return phc::parse(rest);
    }
    let other = bcrypt::parse(text).or_else(|| pbkdf2::parse(text)).or_else(|| scrypt::parse(text));
    other.unwrap_or_else(|| legacy::parse(text).ok_or(UnusableHash::UnknownFormat))
}

#[cfg(test)]
mod tests;
