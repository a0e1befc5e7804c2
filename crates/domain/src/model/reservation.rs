//! The reservation of a login attempt, and its settlement.

use std::time::Duration;

use super::{LimitKey, LoginAttempt, LoginLimit};

/// The place of an attempt, which must be settled with a [`Settlement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The attempt.
    pub attempt: LoginAttempt,
    /// Whether the attempt was reserved as one from a known address of its email. It is settled as it was reserved.
    pub is_known: bool,
}

impl Ticket {
    /// The time after which an unsettled attempt counts as a failure.
    pub const SETTLEMENT_TIMEOUT: Duration = Duration::from_secs(10);
}

/// The outcome of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The attempt may continue.
    Reserved(Ticket),
    /// Attempts in flight fill this limit key. A place may become free at any time.
    Busy(LimitKey),
    /// Failures fill a limit key.
    Rejected {
        /// The limit that was reached; of several, the one that rejects for longest.
        limit: LoginLimit,
        /// The full key. The daily limit is on the key of the email.
        key: LimitKey,
        /// The time until the next attempt is possible.
        retry_after: Duration,
    },
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The credentials were right.
    Succeeded,
    /// The credentials were wrong.
    Failed,
    /// The password was not compared. Legal only before hashing starts.
    Abandoned,
}
