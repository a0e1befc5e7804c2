//! The comparison of a password with a stored hash.

use auth_domain::ports::PasswordCheck;

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

    /// The number of block compressions of the comparison.
    pub(crate) const fn work(&self) -> u64 {
        match self {
            Self::Hash { hash, .. } => hash.cost().work(),
            Self::Missing | Self::Unusable => 0,
        }
    }
}
