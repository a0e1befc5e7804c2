//! Queues for login attempts that wait until others are settled.

mod places;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket,
};
use auth_domain::ports::{Entropy, LoginLimiter, PortError};
use tokio::time::{timeout, timeout_at};

use places::Places;

#[cfg(test)]
mod tests;

/// The shortest interval between two calls for the first attempt of a queue. The longest is twice as long.
const POLL_MS: u64 = 25;

/// A [`LoginLimiter`] that lets an attempt wait while the limiter behind it is [`Reservation::Busy`].
///
/// Attempts in flight are not failures. So 60 correct logins from one office at the same instant must all succeed, in the
/// order of their arrival.
///
/// Each limit key has a queue, first in, first out. Only the first attempt of a queue calls the limiter: at once when an
/// attempt of this process is settled, and every 25 to 50 ms, because other processes settle attempts too. The result is
/// `Busy` only if the deadline passes or the queue is full.
pub(super) struct QueueingLoginLimiter {
    limiter: Arc<dyn LoginLimiter>,
    entropy: Arc<dyn Entropy>,
    places: Places,
}

impl QueueingLoginLimiter {
    /// Queues the attempts for which `limiter` is busy.
    pub(super) fn new(limiter: Arc<dyn LoginLimiter>, entropy: Arc<dyn Entropy>) -> Self {
        Self { limiter, entropy, places: Places::default() }
    }

    /// Reserves an attempt that does not wait yet.
    ///
    /// Only the limiter knows whether the address is known for the email. If it is, the attempt does not wait behind the
    /// attempts of strangers. If it is not, it must not overtake those that wait for the email or the network.
    async fn arrive(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let reservation = self.limiter.reserve(attempt, request_time).await?;
        let Reservation::Reserved(ticket) = &reservation else { return Ok(reservation) };
        let queued = if ticket.is_known { None } else { self.queued_key(attempt, false) };
        let Some(key) = queued else { return Ok(reservation) };
        self.settle(ticket, Settlement::Abandoned, request_time).await?;
        Ok(Reservation::Busy(key))
    }

    /// Returns the first limit key of the attempt for which others wait.
    fn queued_key(&self, attempt: &LoginAttempt, is_known: bool) -> Option<LimitKey> {
        let mut keys = attempt.counted_on(is_known).into_iter().map(|(_, key)| key);
        keys.find(|key| self.places.is_queued(*key))
    }

    /// Waits in the queue of `key` until the limiter decides, or is busy with another key.
    async fn wait(
        &self,
        attempt: &LoginAttempt,
        key: LimitKey,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let Some(place) = self.places.take(key) else { return Ok(Reservation::Busy(key)) };
        let Ok(_turn) = timeout_at(request_time.deadline().into(), place.turn()).await else {
            return Ok(Reservation::Busy(key));
        };
        loop {
            let settled = place.settled();
            let reservation = self.limiter.reserve(attempt, request_time).await?;
            if reservation != Reservation::Busy(key) {
                return Ok(reservation);
            }
            let pause = timeout(self.pause()?, settled);
            if timeout_at(request_time.deadline().into(), pause).await.is_err() {
                return Ok(reservation);
            }
        }
    }

    /// Returns a random interval, so that processes do not poll at the same instant.
    fn pause(&self) -> Result<Duration, PortError> {
        let mut random = [0];
        self.entropy.fill(&mut random)?;
        let [random] = random;
        Ok(Duration::from_millis(POLL_MS + POLL_MS * u64::from(random) / 255))
    }
}

#[async_trait]
impl LoginLimiter for QueueingLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        // An attempt does not overtake those that already wait for one of its keys.
        let mut busy = match self.queued_key(attempt, true) {
            Some(key) => key,
            None => match self.arrive(attempt, request_time).await? {
                Reservation::Busy(key) => key,
                decided @ (Reservation::Reserved(_) | Reservation::Rejected { .. }) => return Ok(decided),
            },
        };
        loop {
            match self.wait(attempt, busy, request_time).await? {
                Reservation::Busy(key) if key != busy => busy = key,
                decided => return Ok(decided),
            }
        }
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let settled = self.limiter.settle(ticket, outcome, request_time).await;
        keys(&ticket.attempt).for_each(|key| self.places.wake_first(key));
        settled
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

fn keys(attempt: &LoginAttempt) -> impl Iterator<Item = LimitKey> {
    let pair = attempt.origin.map(|origin| origin.pair);
    attempt.counted_on(false).into_iter().map(|(_, key)| key).chain(pair)
}
