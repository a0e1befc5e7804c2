//! The errors of user administration.

use thiserror::Error;

use crate::ports::{PasswordWeakness, PortError};
use crate::use_cases::end_sessions::EndAllSessionsError;

/// A change of a user that was not made, or not completed.
#[derive(Debug, Error)]
pub enum ManageUsersError {
    /// The new password has too few characters.
    #[error("the password has fewer than {min_length} characters; choose a longer one")]
    PasswordTooShort {
        /// The minimum number of characters.
        min_length: usize,
    },
    /// The new password is too easy to guess.
    #[error("the password is too easy to guess: {0}; choose another one, for example four unrelated words")]
    PasswordGuessable(PasswordWeakness),
    /// The hash can never be verified.
    #[error(
        "the password hash has an unknown format, or parameters out of bounds; docs/operations.md lists the formats that verify"
    )]
    UnusableHash,
    /// Another user has the email.
    #[error(
        "a user with this email already exists; choose another email, or set a new password for this user"
    )]
    EmailTaken,
    /// The tenant does not exist.
    #[error(
        "there is no tenant with this id; create it first, or leave the option out for the default tenant"
    )]
    UnknownTenant,
    /// The user does not exist.
    #[error("there is no user with this email")]
    UnknownUser,
    /// The stored hash was changed by others at each attempt to replace it.
    #[error("the password is being changed by another process; nothing was changed, try again")]
    Contended,
    /// The change is stored, but some sessions of the user may still be alive, or addresses may still be known.
    #[error("the change is stored, but not completed")]
    NotCompleted(#[source] EndAllSessionsError),
    /// The user cannot log in any more, but still exists.
    #[error("the user is deactivated and has no sessions, but is not deleted; repeat the command")]
    NotDeleted(#[source] PortError),
    /// Other tables refer to the user, who cannot log in any more.
    #[error(
        "the user is deactivated and has no sessions, but is not deleted, because rows of other tables refer to the user; \
         delete those rows first and repeat the command, or leave the user deactivated"
    )]
    Referenced,
    /// A port failed; the user is unchanged, unless the store lost its answer.
    #[error(transparent)]
    Port(#[from] PortError),
}
