//! What a password is compared with.

use crate::model::PasswordHash;

/// The stored side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// No user, no password, or a row that cannot be read: the login is rejected.
    Missing,
    /// The hash of a user who may log in.
    Active(PasswordHash),
    /// The hash of a user who may not log in: the login is rejected, and a right password is charged like a
    /// wrong one.
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
