//! The input and the outcomes of a login.

use std::time::Duration;

use thiserror::Error;

use crate::model::{ClientAddress, Email, LoginLimit, Password, RequestTime, TokenPair, UserId};
use crate::ports::{PortError, UnreadableUser};

/// A request to log in, checked for its form.
#[derive(Debug)]
pub struct LoginCommand {
    /// The canonical email.
    pub email: Email,
    /// The password as received.
    pub password: Password,
    /// The client's address; `None` if it is not known.
    pub client: Option<ClientAddress>,
    /// Whether the settings exempt the address from the limits of addresses and networks.
    pub is_exempt: bool,
    /// The time of the request.
    pub request_time: RequestTime,
}

/// A login that succeeded.
#[derive(Debug)]
pub struct LoggedIn {
    /// The tokens of the new session.
    pub tokens: TokenPair,
    /// Errors that did not fail the login, for logs.
    pub errors: Vec<PortError>,
}

/// A login that failed.
#[derive(Debug, Error)]
pub enum LoginError {
    /// The credentials are wrong. The reason is for logs; the client does not get it.
    #[error("the credentials are invalid: {rejection}")]
    InvalidCredentials {
        /// The reason.
        rejection: LoginRejection,
        /// The user, if the email is known.
        user_id: Option<UserId>,
    },
    /// Too many failures.
    #[error("too many failed logins")]
    RateLimited {
        /// The limit that was reached.
        limit: LoginLimit,
        /// The time until the next attempt is possible.
        retry_after: Duration,
    },
    /// An error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The reason why credentials are invalid, for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LoginRejection {
    /// There is no user with the email.
    #[error("unknown_email")]
    UnknownEmail,
    /// The password is wrong.
    #[error("wrong_password")]
    WrongPassword,
    /// The user has no password and logs in elsewhere.
    #[error("no_password")]
    NoPassword,
    /// The stored text is not a usable hash.
    #[error("unusable_hash")]
    UnusableHash,
    /// The user is inactive.
    #[error("inactive_user")]
    InactiveUser,
    /// The row of the user cannot be read.
    #[error("unreadable_row")]
    UnreadableRow(UnreadableUser),
    /// The user was deactivated, moved, or given a new password during the login.
    #[error("changed_meanwhile")]
    ChangedMeanwhile,
}
