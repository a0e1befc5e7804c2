//! PHC strings of Argon2id version 19, the format of new hashes.

use auth_domain::model::HashFormat;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::stored_hash::StoredHash;
use super::text::{base64, check_lengths, decimal, fields};
use crate::algorithms::HashCost;
use crate::cost::Cost;
use crate::error::UnusableHash;

pub(super) const PREFIX: &str = "$argon2id$v=19$";

/// Returns a PHC string.
pub(crate) fn phc(cost: Cost, salt: &[u8], hash: &[u8]) -> String {
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("{}${salt}${hash}", parameters(cost))
}

/// Returns the part of a PHC string before the salt.
pub(super) fn parameters(cost: Cost) -> String {
    let Cost { memory_kib, iterations, parallelism } = cost;
    format!("{PREFIX}m={memory_kib},t={iterations},p={parallelism}")
}

/// Parses the text after the prefix, `m=…,t=…,p=…$salt$hash`, in this order and spelling only.
pub(super) fn parse(rest: &str) -> Result<StoredHash, UnusableHash> {
    let [cost, salt, hash] = fields(rest).ok_or(UnusableHash::UnknownFormat)?;
    let cost = parse_cost(cost).ok_or(UnusableHash::UnknownFormat)?;
    let (salt, hash) = (base64(salt)?, base64(hash)?);
    let cost = bounded(cost).ok_or(UnusableHash::OutOfBounds)?;
    check_lengths(&salt, &hash, usize::MAX)?;
    Ok(StoredHash::new(HashFormat::Argon2id, cost, salt, hash))
}

/// Parses the cost after the prefix; `None` if it is out of bounds.
pub(super) fn bounded_cost(text: &str) -> Option<HashCost> {
    bounded(parse_cost(text)?)
}

fn bounded(cost: Cost) -> Option<HashCost> {
    // The library checks the lower bounds: one pass, one lane, eight blocks per lane.
    let is_possible = argon2::Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None).is_ok();
    (cost.is_bounded() && is_possible).then_some(HashCost::Argon2(cost))
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
