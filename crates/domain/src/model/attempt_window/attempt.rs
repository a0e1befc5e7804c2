//! Attempts as stores keep them.

use crate::model::{LimitKey, Ticket, TicketId, to_microseconds};

/// One attempt on one limit key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The time of the reservation.
    pub at: i64,
    /// The ticket of the reservation.
    pub ticket: TicketId,
    /// The email of the attempt.
    pub email: LimitKey,
    /// What became of it.
    pub state: AttemptState,
}

/// What became of an attempt. One that succeeded or was abandoned is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptState {
    /// Its outcome is not known yet.
    InFlight,
    /// It failed.
    Failed,
}

impl Attempt {
    /// Whether the attempt counts as a failure at `now`: it failed, or was not settled in time.
    pub(super) fn is_failure(&self, now: i64) -> bool {
        match self.state {
            AttemptState::Failed => true,
            AttemptState::InFlight => {
                self.at <= now.saturating_sub(to_microseconds(Ticket::SETTLEMENT_TIMEOUT))
            }
        }
    }
}
