//! The user of a login.

use super::command::LoginError;
use super::rejection::LoginRejection;
use crate::model::{User, UserId};
use crate::ports::{Credential, PasswordCheck, PortError, UnreadableUser};

/// The result of the lookup. Each variant leads to one verification with the same cost.
pub(super) enum Account {
    /// There is no user with the email.
    Unknown,
    /// The row of the user with the email cannot be read.
    Unreadable(UnreadableUser),
    /// The user with the email.
    Known(User),
}

impl Account {
    /// The account of a lookup. An error of the store is returned, unless it is about the row.
    pub(super) fn from_lookup(found: Result<Option<User>, PortError>) -> Result<Self, PortError> {
        match found {
            Ok(None) => Ok(Self::Unknown),
            Ok(Some(user)) => Ok(Self::Known(user)),
            Err(error) => error.unreadable_user().map(Self::Unreadable).ok_or(error),
        }
    }

    /// The hash that the password is compared with.
    pub(super) fn credential(&self) -> Credential {
        match self {
            Self::Unknown | Self::Unreadable(_) => Credential::Missing,
            Self::Known(user) => match &user.password_hash {
                None => Credential::Missing,
                Some(hash) if user.is_active() => Credential::Active(hash.clone()),
                Some(hash) => Credential::Inactive(hash.clone()),
            },
        }
    }

    /// The user, and whether the stored hash is outdated; a rejection if the password or the user does not allow the login.
    pub(super) fn judge(self, check: PasswordCheck) -> Result<(User, bool), LoginError> {
        let user = match self {
            Self::Unknown => return Err(rejected(None, LoginRejection::UnknownEmail)),
            Self::Unreadable(row) => return Err(rejected(row.user_id, LoginRejection::UnreadableRow(row))),
            Self::Known(user) => user,
        };
        let reject = |rejection| Err(rejected(Some(user.id), rejection));
        match check {
            _ if user.password_hash.is_none() => reject(LoginRejection::NoPassword),
            PasswordCheck::Invalid => reject(LoginRejection::WrongPassword),
            PasswordCheck::Unusable => reject(LoginRejection::UnusableHash),
            PasswordCheck::Valid { .. } if !user.is_active() => reject(LoginRejection::InactiveUser),
            PasswordCheck::Valid { outdated } => Ok((user, outdated)),
        }
    }
}

const fn rejected(user_id: Option<UserId>, rejection: LoginRejection) -> LoginError {
    LoginError::InvalidCredentials { rejection, user_id }
}
