//! The input and the outcomes of a login.

use std::time::Duration;

use thiserror::Error;

use super::rejection::LoginRejection;
use crate::model::{ClientAddress, Email, LoginLimit, Password, RequestTime, TokenPair, UserId};
use crate::ports::PortError;

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
