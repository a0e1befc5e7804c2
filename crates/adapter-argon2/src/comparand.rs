//! The comparison of a password with a stored hash.

use auth_domain::ports::PasswordCheck;

use crate::algorithms::HashCost;
use crate::error::HashError;
use crate::formats::StoredHash;
use crate::memory::Memory;

/// The stored side of a comparison.
pub(crate) enum Comparand {
    Hash { outdated: bool, hash: StoredHash },
    Missing,
    Unusable,
}

impl Comparand {
    pub(crate) fn compare(&self, password: &[u8], memory: &mut Memory) -> Result<PasswordCheck, HashError> {
        match self {
            Self::Hash { outdated, hash } if hash.matches(password, memory)? => {
                Ok(PasswordCheck::Valid { outdated: *outdated })
            }
            Self::Hash { .. } | Self::Missing => Ok(PasswordCheck::Invalid),
            Self::Unusable => Ok(PasswordCheck::Unusable),
        }
    }

    /// The cost of the hash that the comparison computes.
    pub(crate) const fn cost(&self) -> Option<HashCost> {
        match self {
            Self::Hash { hash, .. } => Some(hash.cost()),
            Self::Missing | Self::Unusable => None,
        }
    }
}
