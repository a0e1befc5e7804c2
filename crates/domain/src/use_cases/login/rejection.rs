//! The reasons why credentials are invalid.

use std::fmt;

use crate::ports::UnreadableUser;

/// The reason why credentials are invalid, for logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRejection {
    /// There is no user with the email.
    UnknownEmail,
    /// The password is wrong.
    WrongPassword,
    /// The user has no password and logs in elsewhere.
    NoPassword,
    /// The stored text is not a usable hash.
    UnusableHash,
    /// The user is inactive.
    InactiveUser,
    /// The row of the user cannot be read.
    UnreadableRow(UnreadableUser),
    /// The user was deactivated, moved, or given a new password during the login.
    ChangedMeanwhile,
}

impl LoginRejection {
    /// Each rejection once, with an example of a row.
    pub const ALL: [Self; 7] = [
        Self::UnknownEmail,
        Self::WrongPassword,
        Self::NoPassword,
        Self::UnusableHash,
        Self::InactiveUser,
        Self::UnreadableRow(UnreadableUser { user_id: None, column: "id", expected: "a UUID" }),
        Self::ChangedMeanwhile,
    ];

    /// The reason code in logs and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownEmail => "unknown_email",
            Self::WrongPassword => "wrong_password",
            Self::NoPassword => "no_password",
            Self::UnusableHash => "unusable_hash",
            Self::InactiveUser => "inactive_user",
            Self::UnreadableRow(_) => "unreadable_row",
            Self::ChangedMeanwhile => "changed_meanwhile",
        }
    }
}

impl fmt::Display for LoginRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
