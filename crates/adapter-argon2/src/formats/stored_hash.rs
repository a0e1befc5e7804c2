//! A parsed stored hash.

use auth_domain::model::HashFormat;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::algorithms::HashCost;
use crate::cost::Cost;
use crate::error::HashError;
use crate::memory::Memory;

/// The length of a new salt, in bytes.
pub(crate) const SALT_BYTES: usize = 16;
/// The length of a new hash, in bytes.
pub(crate) const HASH_BYTES: usize = 32;

/// A parsed stored hash, within the bounds.
#[cfg_attr(test, derive(Debug))]
#[derive(PartialEq, Eq)]
pub(crate) struct StoredHash {
    format: HashFormat,
    cost: HashCost,
    salt: Vec<u8>,
    hash: Zeroizing<Vec<u8>>,
}

impl StoredHash {
    pub(crate) fn new(format: HashFormat, cost: HashCost, salt: Vec<u8>, hash: Vec<u8>) -> Self {
        Self { format, cost, salt, hash: Zeroizing::new(hash) }
    }

    pub(crate) const fn format(&self) -> HashFormat {
        self.format
    }

    /// The cost of the hash.
    pub(crate) const fn cost(&self) -> HashCost {
        self.cost
    }

    /// Whether format, cost or a length differs from that of new hashes.
    pub(crate) fn is_outdated(&self, current: Cost) -> bool {
        let is_current = self.format == HashFormat::Argon2id
            && self.cost == HashCost::Argon2(current)
            && self.salt.len() == SALT_BYTES
            && self.hash.len() == HASH_BYTES;
        !is_current
    }

    /// Hashes `password` and compares the result in constant time. A password that the algorithm cannot distinguish from another
    /// one never matches, but does the same work.
    pub(crate) fn matches(&self, password: &[u8], memory: &mut Memory) -> Result<bool, HashError> {
        let hash = memory.hash(self.cost, password, &self.salt, self.hash.len())?;
        Ok(bool::from(hash.as_slice().ct_eq(&self.hash)) && self.cost.distinguishes(password))
    }
}
