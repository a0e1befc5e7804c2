//! The order in which login attempts reach the password queue while it is overloaded.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{AxisKey, LoginAttempt, Timing};
use auth_domain::ports::{Clock, LoginLimiter, PortError, Reservation, Settlement, Ticket};
use tokio::time::timeout_at;

use crate::capping_login_limiter::Capacity;
use gate::{Bounds, Entry, Gate};
use standings::Standings;

mod gate;
mod standings;
#[cfg(test)]
mod tests;

/// The password queue gets this much work at a time. The other attempts wait here, where they can be overtaken.
const AHEAD: Duration = Duration::from_millis(250);
/// A wait ends this long before its deadline, so that the attempt can still be abandoned or verified in time.
const MARGIN: Duration = Duration::from_millis(250);
const MIN_RUNNING: usize = 4;
const MIN_WAITING: usize = 16;
const MAX_WAITING: usize = 1_024;

/// A [`LoginLimiter`] that lets addresses with few failures go first while passwords arrive faster than they are
/// verified.
///
/// In a queue without ranks, an honest client is admitted in proportion to its share of the attempts, which is small
/// under a flood of wrong logins. Here the addresses of a flood wait behind all others after their first failures, and
/// a full queue drops the attempt whose address failed most. Without overload, no attempt waits.
pub(crate) struct PrioritizingLoginLimiter {
    limiter: Arc<dyn LoginLimiter>,
    capacity: Capacity,
    queue_wait: Duration,
    clock: Arc<dyn Clock>,
    gate: Gate,
    standings: Standings,
}

impl PrioritizingLoginLimiter {
    /// Orders the attempts that `limiter` admits. A password may wait for `queue_wait` in the password queue.
    pub(crate) fn new(
        limiter: Arc<dyn LoginLimiter>,
        capacity: Capacity,
        queue_wait: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { limiter, capacity, queue_wait, clock, gate: Gate::default(), standings: Standings::default() }
    }

    /// Waits until the attempt may enter the password queue; returns `false` if it cannot before its deadline.
    async fn pass(&self, attempt: &LoginAttempt, timing: Timing) -> bool {
        let now = self.clock.instant();
        let rank = self.standings.rank(attempt.address);
        let Some(last) = timing.deadline().checked_sub(MARGIN) else { return false };
        match self.gate.enter(attempt.ticket, rank, (now, timing.deadline()), self.bounds()) {
            Entry::Granted => true,
            Entry::Full => false,
            Entry::Waiting(granted) => {
                let is_granted = matches!(timeout_at(last.into(), granted).await, Ok(Ok(())));
                if !is_granted {
                    self.leave(attempt);
                }
                is_granted
            }
        }
    }

    fn leave(&self, attempt: &LoginAttempt) {
        self.gate.leave(attempt.ticket, self.clock.instant(), self.bounds());
    }

    fn bounds(&self) -> Bounds {
        let running = (self.capacity)(AHEAD).max(MIN_RUNNING);
        let waiting = (self.capacity)(self.queue_wait).saturating_sub(running);
        Bounds { running, waiting: waiting.clamp(MIN_WAITING, MAX_WAITING) }
    }
}

#[async_trait]
impl LoginLimiter for PrioritizingLoginLimiter {
    async fn reserve(&self, attempt: &LoginAttempt, timing: Timing) -> Result<Reservation, PortError> {
        let reservation = self.limiter.reserve(attempt, timing).await?;
        if let Reservation::Reserved(ticket) = &reservation
            && !self.pass(attempt, timing).await
        {
            self.limiter.settle(ticket, Settlement::Abandoned, timing).await?;
            return Err(PortError::overloaded("addresses with fewer failures fill the password queue"));
        }
        Ok(reservation)
    }

    async fn settle(&self, ticket: &Ticket, outcome: Settlement, timing: Timing) -> Result<(), PortError> {
        self.standings.record(ticket.attempt.address, outcome);
        self.leave(&ticket.attempt);
        self.limiter.settle(ticket, outcome, timing).await
    }

    async fn clear(&self, email: AxisKey, timing: Timing) -> Result<(), PortError> {
        self.limiter.clear(email, timing).await
    }
}
