//! Rows of users that cannot be read.

use std::fmt;

use thiserror::Error;

use super::PortError;
use crate::model::UserId;

/// A user whose row has a value that is not defined for its column. It does not contain the email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub struct UnreadableUser {
    /// The user; `None` if the id itself cannot be read.
    pub user_id: Option<UserId>,
    /// The column with the value.
    pub column: &'static str,
    /// The valid values of the column, for the administrator.
    pub expected: &'static str,
}

impl fmt::Display for UnreadableUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user_id, column, expected } = self;
        match user_id {
            Some(user_id) => {
                write!(f, "users.{column} of user {user_id} has an undefined value; set it to {expected}")
            }
            None => write!(f, "users.{column} of a user has an undefined value; set it to {expected}"),
        }
    }
}

impl PortError {
    /// The row that cannot be read, if it is the cause.
    #[must_use]
    pub fn unreadable_user(&self) -> Option<UnreadableUser> {
        std::error::Error::source(self)?.downcast_ref().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_returns_the_row_that_caused_it() {
        let row = UnreadableUser { user_id: None, column: "role", expected: "0, 1, 10 or 20" };
        assert_eq!(PortError::corrupt(row).unreadable_user(), Some(row));
        assert_eq!(PortError::corrupt("anything else").unreadable_user(), None);
    }
}
