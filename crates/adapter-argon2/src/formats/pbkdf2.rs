//! Hashes of PBKDF2: PHC strings, and the format of passlib, which has only the number of iterations.

use auth_domain::model::HashFormat;

use super::stored_hash::StoredHash;
use super::text::{base64, check_lengths, decimal, fields};
use crate::algorithms::{Digest, HashCost, Pbkdf2Cost};
use crate::error::UnusableHash;

/// Parses `$pbkdf2-sha256$i=…,l=…$salt$hash` or `$pbkdf2-sha256$…$salt$hash`; `None` if the text does not begin like one.
pub(super) fn parse(text: &str) -> Option<Result<StoredHash, UnusableHash>> {
    without_name(text).map(|(digest, rest)| parse_rest(digest, rest))
}

/// Parses the cost at the beginning; `None` if it is out of bounds.
pub(super) fn bounded_cost(text: &str) -> Option<HashCost> {
    let (digest, rest) = without_name(text)?;
    let (iterations, _) = parse_cost(rest)?;
    Pbkdf2Cost::new(digest, iterations).map(HashCost::Pbkdf2)
}

fn without_name(text: &str) -> Option<(Digest, &str)> {
    let text = text.strip_prefix('$')?;
    let (name, rest) = text.split_once('$')?;
    Digest::ALL.into_iter().find(|digest| digest.name() == name).map(|digest| (digest, rest))
}

fn parse_rest(digest: Digest, rest: &str) -> Result<StoredHash, UnusableHash> {
    let [cost, salt, hash] = fields(rest).ok_or(UnusableHash::UnknownFormat)?;
    let (iterations, length) = parse_cost(cost).ok_or(UnusableHash::UnknownFormat)?;
    // passlib writes `.` for `+`.
    let (salt, hash) = (base64(&salt.replace('.', "+"))?, base64(&hash.replace('.', "+"))?);
    if length.is_some_and(|length| length as usize != hash.len()) {
        return Err(UnusableHash::UnknownFormat);
    }
    let cost = Pbkdf2Cost::new(digest, iterations).ok_or(UnusableHash::OutOfBounds)?;
    check_lengths(&salt, &hash, digest.bytes())?;
    Ok(StoredHash::new(HashFormat::Pbkdf2, HashCost::Pbkdf2(cost), salt, hash))
}

/// Parses the iterations, and the length of the hash if the text has it.
fn parse_cost(text: &str) -> Option<(u32, Option<u32>)> {
    let Some(parameters) = text.strip_prefix("i=") else {
        return Some((decimal(text)?, None));
    };
    match parameters.split_once(",l=") {
        Some((iterations, length)) => Some((decimal(iterations)?, Some(decimal(length)?))),
        None => Some((decimal(parameters)?, None)),
    }
}
