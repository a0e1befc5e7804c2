//! A cap on the share of the password queue that one client address holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket,
    TicketId,
};
use auth_domain::ports::{LoginLimiter, PortError};

use super::password_queue::PasswordQueue;

#[cfg(test)]
mod tests;

/// One address holds at most this fraction of the password queue.
const ADDRESS_FRACTION: usize = 4;
/// All attempts without an address together, and those from an exempt address, hold at most this fraction. They come from
/// many users, so the fraction is larger than that of one address.
const SHARED_FRACTION: usize = 2;

/// A [`LoginLimiter`] that lets one address hold at most a quarter of the password queue.
///
/// The limit on failures also bounds the attempts of an address, but by a number that may exceed the whole queue when a
/// hash is slow. An attempt beyond the cap is [`Reservation::Busy`]: it waits in
/// [`QueueingLoginLimiter`](super::QueueingLoginLimiter), where it does not keep other addresses out.
pub(super) struct CappingLoginLimiter {
    limiter: Arc<dyn LoginLimiter>,
    password_queue: PasswordQueue,
    /// By address; `None` stands for all attempts without one.
    in_flight: Mutex<HashMap<Option<LimitKey>, Vec<Place>>>,
}

/// An attempt in flight. After its deadline it holds no place, settled or not.
struct Place {
    ticket: TicketId,
    deadline: Instant,
}

impl CappingLoginLimiter {
    /// Caps what `limiter` admits.
    pub(super) fn new(limiter: Arc<dyn LoginLimiter>, password_queue: PasswordQueue) -> Self {
        Self { limiter, password_queue, in_flight: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<LimitKey>, Vec<Place>>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for the attempt; returns `false` when its address is at the cap.
    fn take(&self, attempt: &LoginAttempt, request_time: RequestTime) -> bool {
        let is_one_client = attempt.origin.is_some_and(|origin| !origin.is_exempt);
        let fraction = if is_one_client { ADDRESS_FRACTION } else { SHARED_FRACTION };
        let cap = (self.password_queue.size() / fraction).max(1);
        let mut in_flight = self.lock();
        let places = in_flight.entry(attempt.address()).or_default();
        if places.len() >= cap {
            // An attempt that panicked may not have given its place back.
            places.retain(|place| place.deadline > request_time.started());
        }
        let is_free = places.len() < cap;
        if is_free {
            places.push(Place { ticket: attempt.ticket, deadline: request_time.deadline() });
        }
        is_free
    }

    fn give_back(&self, attempt: &LoginAttempt) {
        let mut in_flight = self.lock();
        if let Some(places) = in_flight.get_mut(&attempt.address()) {
            places.retain(|place| place.ticket != attempt.ticket);
            if places.is_empty() {
                in_flight.remove(&attempt.address());
            }
        }
    }
}

#[async_trait]
impl LoginLimiter for CappingLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        if !self.take(attempt, request_time) {
            return Ok(Reservation::Busy(attempt.address().unwrap_or(attempt.email)));
        }
        let reservation = self.limiter.reserve(attempt, request_time).await;
        if !matches!(reservation, Ok(Reservation::Reserved(_))) {
            self.give_back(attempt);
        }
        reservation
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        self.give_back(&ticket.attempt);
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
