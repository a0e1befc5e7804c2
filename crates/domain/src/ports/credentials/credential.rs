//! The stored side of a password comparison.

use crate::model::PasswordHash;

/// The stored hash that a password is compared with, and whether the user may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// There is no hash: no user, no password, or a row that cannot be read. The login is rejected.
    Missing,
    /// The hash of a user who may log in.
    Active(PasswordHash),
    /// The hash of a user who may not log in. The login is rejected, and a right password costs as much as a wrong one.
    Inactive(PasswordHash),
}

impl Credential {
    /// The stored hash, if there is one.
    #[must_use]
    pub const fn hash(&self) -> Option<&PasswordHash> {
        match self {
            Self::Missing => None,
            Self::Active(hash) | Self::Inactive(hash) => Some(hash),
        }
    }

    /// Whether the login is rejected even if the password is right.
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        match self {
            Self::Missing | Self::Inactive(_) => true,
            Self::Active(_) => false,
        }
    }
}
