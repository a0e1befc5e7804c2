//! PHC strings of scrypt.

use auth_domain::model::HashFormat;

use super::stored_hash::StoredHash;
use super::text::{base64, check_lengths, decimal, fields};
use crate::algorithms::{HashCost, ScryptCost};
use crate::error::UnusableHash;

const PREFIX: &str = "$scrypt$";

/// Parses `$scrypt$ln=…,r=…,p=…$salt$hash`; `None` if the text does not begin like one.
pub(super) fn parse(text: &str) -> Option<Result<StoredHash, UnusableHash>> {
    text.strip_prefix(PREFIX).map(parse_rest)
}

/// Parses the cost at the beginning; `None` if it is out of bounds.
pub(super) fn bounded_cost(text: &str) -> Option<HashCost> {
    bounded(parse_cost(text.strip_prefix(PREFIX)?)?)
}

fn parse_rest(rest: &str) -> Result<StoredHash, UnusableHash> {
    let [cost, salt, hash] = fields(rest).ok_or(UnusableHash::UnknownFormat)?;
    let cost = parse_cost(cost).ok_or(UnusableHash::UnknownFormat)?;
    let (salt, hash) = (base64(salt)?, base64(hash)?);
    let cost = bounded(cost).ok_or(UnusableHash::OutOfBounds)?;
    check_lengths(&salt, &hash, usize::MAX)?;
    Ok(StoredHash::new(HashFormat::Scrypt, cost, salt, hash))
}

fn bounded([log_n, r, p]: [u32; 3]) -> Option<HashCost> {
    ScryptCost::new(u8::try_from(log_n).ok()?, r, p).map(HashCost::Scrypt)
}

fn parse_cost(text: &str) -> Option<[u32; 3]> {
    let (log_n, rest) = text.strip_prefix("ln=")?.split_once(",r=")?;
    let (r, p) = rest.split_once(",p=")?;
    Some([decimal(log_n)?, decimal(r)?, decimal(p)?])
}
