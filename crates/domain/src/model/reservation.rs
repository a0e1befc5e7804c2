//! The reservation of a login attempt, and its settlement.

use std::time::Duration;

use super::{LimitKey, LoginAttempt};

/// A place taken by an attempt; whoever holds it owes a [`Settlement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The attempt that was let in.
    pub attempt: LoginAttempt,
}

impl Ticket {
    /// The time after which an unsettled attempt counts as a failure.
    pub const SETTLEMENT_TIMEOUT: Duration = Duration::from_secs(10);
}

/// What `reserve` decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The attempt may go on.
    Reserved(Ticket),
    /// Attempts in flight fill this axis; a place may become free at any moment.
    Busy(LimitKey),
    /// Failures fill an axis.
    Rejected {
        /// The key that is full; if both are, the one that stays full for longer.
        key: LimitKey,
        /// How long until the next attempt is let in.
        retry_after: Duration,
    },
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The credentials were right.
    Succeeded,
    /// The credentials were wrong.
    Failed,
    /// The password was never looked at. Legal only before hashing starts.
    Abandoned,
}
