//! Attempts to connect, one after the other, within a common deadline.

use std::time::Instant;

use auth_domain::ports::Clock;

use crate::error::StoreError;

/// The number of attempts that are left, and the most informative error so far.
pub(super) struct Attempts<'a> {
    clock: &'a dyn Clock,
    deadline: Instant,
    left: usize,
    error: StoreError,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(clock: &'a dyn Clock, deadline: Instant, count: usize) -> Self {
        Self { clock, deadline, left: count, error: StoreError::Unreachable }
    }

    /// Returns the deadline of the next attempt: an equal share of the time that is left.
    pub(super) fn next_deadline(&mut self) -> Instant {
        let now = self.clock.instant();
        let time_left = self.deadline.saturating_duration_since(now);
        let share = time_left.checked_div(u32::try_from(self.left).unwrap_or(u32::MAX)).unwrap_or(time_left);
        self.left = self.left.saturating_sub(1);
        now + share
    }

    /// Returns the value of an attempt, or keeps its error.
    pub(super) fn keep<T>(&mut self, outcome: Result<T, StoreError>) -> Option<T> {
        match outcome {
            Ok(value) => return Some(value),
            Err(error) if rank(&error) >= rank(&self.error) => self.error = error,
            Err(_) => {}
        }
        None
    }

    pub(super) fn into_error(self) -> StoreError {
        self.error
    }
}

/// The limit of a primary and a rejection decide what the caller does next; a timeout explains nothing.
fn rank(error: &StoreError) -> u8 {
    match error {
        StoreError::TooManyConnections => 5,
        error if error.is_rejection() => 4,
        StoreError::Connect(_) => 3,
        StoreError::UnknownHost(_) => 2,
        StoreError::Standby => 1,
        _ => 0,
    }
}
