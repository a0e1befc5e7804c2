//! The result of checking credentials.

use super::command::LoginError;
use crate::model::{Settlement, User};
use crate::ports::{PortError, PortErrorKind};

/// The user, and whether the stored hash is outdated, or why the attempt failed.
pub(super) struct Checked {
    pub(super) outcome: Result<(User, bool), LoginError>,
    pub(super) settlement: Settlement,
}

impl Checked {
    /// The password was not compared, so the attempt is no guess, whatever the error is.
    pub(super) fn before_the_comparison(error: PortError) -> Self {
        Self { outcome: Err(error.into()), settlement: Settlement::Abandoned }
    }

    pub(super) fn by_a_comparison(outcome: Result<(User, bool), LoginError>) -> Self {
        let settlement = match &outcome {
            Ok(_) => Settlement::Succeeded,
            Err(LoginError::InvalidCredentials { .. }) => Settlement::Failed,
            Err(LoginError::RateLimited { .. }) => Settlement::Abandoned,
            Err(LoginError::Port(error)) => of_failed(error.kind()),
        };
        Self { outcome, settlement }
    }
}

/// A comparison that did not take place is not a guess. The other errors count: an error must not allow another guess.
const fn of_failed(kind: PortErrorKind) -> Settlement {
    match kind {
        PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded => {
            Settlement::Abandoned
        }
        PortErrorKind::Corrupt | PortErrorKind::Misconfigured => Settlement::Failed,
    }
}
