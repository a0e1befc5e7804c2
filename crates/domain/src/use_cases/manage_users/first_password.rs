//! The first password of a user.

use super::error::ManageUsersError;
use super::new_password;
use crate::model::{Email, HashFormat, HashUse, Password, PasswordHash, PasswordPolicy, RequestTime};
use crate::ports::{PasswordHasher, PasswordStrength, PortError};

/// The first password of a user.
#[derive(Debug)]
pub enum FirstPassword {
    /// A password, to which the rule for new passwords applies.
    Text(Password),
    /// A hash that another program made. The rule for new passwords cannot be applied to it.
    Hash(PasswordHash),
}

/// A first password that is accepted.
pub(super) enum Accepted {
    Text(Password),
    /// With its format if the settings do not accept it.
    Hash(PasswordHash, Option<HashFormat>),
}

impl FirstPassword {
    pub(super) fn check(
        self,
        email: &Email,
        policy: PasswordPolicy,
        strength: &dyn PasswordStrength,
        hasher: &dyn PasswordHasher,
    ) -> Result<Accepted, ManageUsersError> {
        match self {
            Self::Text(password) => {
                new_password::check(&password, email, policy, strength)?;
                Ok(Accepted::Text(password))
            }
            Self::Hash(hash) => match hasher.usability(&hash) {
                HashUse::Verifies(_) => Ok(Accepted::Hash(hash, None)),
                HashUse::SwitchedOff(format) => Ok(Accepted::Hash(hash, Some(format))),
                HashUse::Unusable => Err(ManageUsersError::UnusableHash),
            },
        }
    }
}

impl Accepted {
    pub(super) async fn into_hash(
        self,
        hasher: &dyn PasswordHasher,
        request_time: RequestTime,
    ) -> Result<(PasswordHash, Option<HashFormat>), PortError> {
        match self {
            Self::Text(password) => Ok((hasher.hash(&password, request_time).await?, None)),
            Self::Hash(hash, switched_off) => Ok((hash, switched_off)),
        }
    }
}
