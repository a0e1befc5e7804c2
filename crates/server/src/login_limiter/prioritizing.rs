//! The order in which login attempts reach the password queue under overload.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket,
};
use auth_domain::ports::{Clock, Entropy, LoginLimiter, PortError};
use tokio::time::timeout_at;

use super::password_queue::PasswordQueue;
use gate::{Arrival, Bounds, Entry, Gate};
use standings::Standings;

mod gate;
mod queue;
mod recent;
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

/// A [`LoginLimiter`] that shares the password queue among classes of addresses while passwords arrive faster than
/// they are verified.
///
/// In one queue for all, an honest client is admitted in proportion to its share of the attempts, which is small under
/// a flood of wrong logins. Here the addresses of a flood are in a class of their own after their first failures. In each
/// class, attempts are ordered by the start of the visit of their address: a client that tries again after a 503 goes before
/// newer addresses, so no client starves even in the class of a flood. Without overload, no attempt waits.
pub(super) struct PrioritizingLoginLimiter {
    limiter: Arc<dyn LoginLimiter>,
    password_queue: PasswordQueue,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    gate: Gate,
    standings: Standings,
}

impl PrioritizingLoginLimiter {
    /// Orders the attempts that `limiter` admits.
    pub(super) fn new(
        limiter: Arc<dyn LoginLimiter>,
        password_queue: PasswordQueue,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let (gate, standings) = (Gate::default(), Standings::default());
        Self { limiter, password_queue, clock, entropy, gate, standings }
    }

    /// Waits until the attempt may enter the password queue; returns `false` if it cannot before its deadline.
    async fn pass(&self, attempt: &LoginAttempt, request_time: RequestTime) -> bool {
        let (now, deadline) = (self.clock.instant(), request_time.deadline());
        let class = self.standings.class(attempt.address(), now);
        let Some(last) = deadline.checked_sub(MARGIN) else { return false };
        let arrival = Arrival { attempt, class, now, deadline, random: self.random() };
        match self.gate.enter(&arrival, self.bounds()) {
            Entry::Granted => true,
            Entry::Waiting(granted) => {
                let _waiting = self.password_queue.wait();
                let is_granted = matches!(timeout_at(last.into(), granted).await, Ok(Ok(())));
                if !is_granted {
                    self.leave(attempt);
                }
                is_granted
            }
        }
    }

    /// Returns whether the attempt was running.
    fn leave(&self, attempt: &LoginAttempt) -> bool {
        self.gate.leave(attempt.ticket, self.clock.instant(), self.bounds())
    }

    /// Returns a random number, or 0 if there is no randomness. It only chooses which attempt of a full queue is dropped.
    fn random(&self) -> u32 {
        let mut bytes = [0; 4];
        if self.entropy.fill(&mut bytes).is_ok() { u32::from_le_bytes(bytes) } else { 0 }
    }

    fn bounds(&self) -> Bounds {
        let running = self.password_queue.capacity(AHEAD).max(MIN_RUNNING);
        let waiting = self.password_queue.size().saturating_sub(running);
        Bounds { running, waiting: waiting.clamp(MIN_WAITING, MAX_WAITING) }
    }
}

#[async_trait]
impl LoginLimiter for PrioritizingLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let reservation = self.limiter.reserve(attempt, request_time).await?;
        if let Reservation::Reserved(ticket) = &reservation
            && !self.pass(attempt, request_time).await
        {
            self.password_queue.reject();
            self.limiter.settle(ticket, Settlement::Abandoned, request_time).await?;
            return Err(PortError::overloaded("the attempts before this one fill the password queue"));
        }
        Ok(reservation)
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        // A settlement may be repeated after an outage of the store; an attempt counts once.
        if self.leave(&ticket.attempt) && outcome != Settlement::Abandoned {
            self.gate.end_visit(&ticket.attempt);
            self.standings.record(ticket.attempt.address(), outcome, self.clock.instant());
        }
        self.limiter.settle(ticket, outcome, request_time).await
    }

    async fn clear(&self, cleared: ClearedLimit, request_time: RequestTime) -> Result<(), PortError> {
        self.limiter.clear(cleared, request_time).await
    }

    async fn forget_addresses(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.limiter.forget_addresses(email, request_time).await
    }

    async fn status(
        &self,
        email: LimitKey,
        request_time: RequestTime,
    ) -> Result<EmailLimitStatus, PortError> {
        self.limiter.status(email, request_time).await
    }
}
