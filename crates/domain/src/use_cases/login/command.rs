//! What login takes, and how it ends.

use std::time::Duration;

use thiserror::Error;

use crate::model::{ClientAddress, Email, Password, RequestTime, TokenPair, UserId};
use crate::ports::{PortError, UnreadableUser};

/// What a client sent, checked for its shape.
#[derive(Debug)]
pub struct LoginCommand {
    /// The canonical email.
    pub email: Email,
    /// The password as received.
    pub password: Password,
    /// The client's address; `None` where it is not known.
    pub client: Option<ClientAddress>,
    /// The time of the request.
    pub request_time: RequestTime,
}

/// A login that succeeded.
#[derive(Debug)]
pub struct LoggedIn {
    /// The tokens of the new session.
    pub tokens: TokenPair,
    /// Troubles on the way that did not stop the login; for logs.
    pub troubles: Vec<PortError>,
}

/// A login that did not succeed.
#[derive(Debug, Error)]
pub enum LoginError {
    /// Wrong in any way; the reason is for logs, the client learns none.
    #[error("the credentials are invalid: {rejection}")]
    InvalidCredentials {
        /// What was wrong.
        rejection: LoginRejection,
        /// The user, where the email is known.
        user_id: Option<UserId>,
    },
    /// Too many failures on the email or from the address.
    #[error("too many failed logins")]
    RateLimited {
        /// The limit that was reached.
        limit: LoginLimit,
        /// How long until the next attempt is let in.
        retry_after: Duration,
    },
    /// Trouble behind a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// What failed logins are counted by; for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum LoginLimit {
    /// The failures on one email.
    #[error("email")]
    Email,
    /// The failures from one address.
    #[error("address")]
    Address,
}

/// Why credentials are invalid; for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LoginRejection {
    /// No user has the email.
    #[error("unknown_email")]
    UnknownEmail,
    /// The password is not the user's.
    #[error("wrong_password")]
    WrongPassword,
    /// The account signs in elsewhere.
    #[error("no_password")]
    NoPassword,
    /// The stored hash cannot be verified against.
    #[error("unusable_hash")]
    UnusableHash,
    /// The user is inactive.
    #[error("inactive_user")]
    InactiveUser,
    /// The user's row cannot be read.
    #[error("unreadable_row")]
    UnreadableRow(UnreadableUser),
    /// The user was deactivated, moved, or given a new password while logging in.
    #[error("changed_meanwhile")]
    ChangedMeanwhile,
}
