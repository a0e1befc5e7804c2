//! Waiting one's turn at login: attempts in flight are no failures, so an office that signs in at nine
//! o'clock must get in, in the order in which it came.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket};
use auth_domain::ports::{Entropy, LoginLimiter, PortError};
use tokio::sync::{Notify, OwnedMutexGuard};
use tokio::time::{timeout, timeout_at};

#[cfg(test)]
mod tests;

/// How many attempts may wait for one email or address.
const MAX_WAITING_PER_KEY: usize = 64;
/// How many attempts may wait in all.
const MAX_WAITING: usize = 1_024;
/// One key may hold at most this fraction of the free places, so that a few keys never fill them.
const FREE_FRACTION: usize = 8;
/// The shortest pause between two tries of the first in the queue.
const PAUSE_MS: u64 = 25;

/// A [`LoginLimiter`] that waits while another one is [`Reservation::Busy`].
///
/// Waiters stand in one queue a key, first in first out; only the first of a queue asks the limiter,
/// at once when an attempt of this process is settled, and every 25 to 50 ms since other processes
/// settle attempts too. `Busy` is left to those whose deadline passes or whose queue is full.
pub(crate) struct LoginQueue {
    limiter: Arc<dyn LoginLimiter>,
    entropy: Arc<dyn Entropy>,
    queues: Mutex<HashMap<LimitKey, Weak<Queue>>>,
    waiting: AtomicUsize,
}

/// The attempts that wait for one key.
#[derive(Default)]
struct Queue {
    waiting: AtomicUsize,
    /// Held by the first in the queue; tokio's mutex is fair.
    turn: Arc<tokio::sync::Mutex<()>>,
    settled: Notify,
}

/// A place in a queue; given back when dropped.
struct Place<'a> {
    queue: Arc<Queue>,
    all: &'a AtomicUsize,
}

impl LoginQueue {
    /// Waits on behalf of `limiter`.
    pub(crate) fn new(limiter: Arc<dyn LoginLimiter>, entropy: Arc<dyn Entropy>) -> Self {
        Self { limiter, entropy, queues: Mutex::default(), waiting: AtomicUsize::new(0) }
    }

    /// Stands in the queue of `key` until the limiter decides, or another key turns out to be busy.
    async fn wait(
        &self,
        attempt: &LoginAttempt,
        key: LimitKey,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let Some(place) = self.place(key) else { return Ok(Reservation::Busy(key)) };
        let Ok(_turn) = timeout_at(request_time.deadline().into(), place.turn()).await else {
            return Ok(Reservation::Busy(key));
        };
        loop {
            let settled = place.queue.settled.notified();
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

    fn place(&self, key: LimitKey) -> Option<Place<'_>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            queues.retain(|_, queue| queue.strong_count() > 0);
            let queue = Arc::new(Queue::default());
            queues.insert(key, Arc::downgrade(&queue));
            queue
        });
        let free = MAX_WAITING.saturating_sub(self.waiting.load(Ordering::Relaxed));
        let share = (free / FREE_FRACTION).clamp(1, MAX_WAITING_PER_KEY);
        let fits = free > 0 && queue.waiting.load(Ordering::Relaxed) < share;
        fits.then(|| Place::take(queue, &self.waiting))
    }

    fn queue(&self, key: LimitKey) -> Option<Arc<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).get(&key)?.upgrade()
    }

    /// The key of `attempt` that somebody waits for already: nobody overtakes.
    fn busy_key(&self, attempt: &LoginAttempt) -> Option<LimitKey> {
        keys(attempt).find(|key| self.queue(*key).is_some())
    }

    /// Between one and two pauses, so that processes do not ask in step.
    fn pause(&self) -> Result<Duration, PortError> {
        let mut chance = [0];
        self.entropy.fill(&mut chance)?;
        let [chance] = chance;
        Ok(Duration::from_millis(PAUSE_MS + PAUSE_MS * u64::from(chance) / 255))
    }
}

#[async_trait]
impl LoginLimiter for LoginQueue {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let mut busy = match self.busy_key(attempt) {
            Some(key) => key,
            None => match self.limiter.reserve(attempt, request_time).await? {
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
        for queue in keys(&ticket.attempt).filter_map(|key| self.queue(key)) {
            queue.settled.notify_waiters();
        }
        settled
    }

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.limiter.clear(email, request_time).await
    }
}

impl<'a> Place<'a> {
    fn take(queue: Arc<Queue>, all: &'a AtomicUsize) -> Self {
        queue.waiting.fetch_add(1, Ordering::Relaxed);
        all.fetch_add(1, Ordering::Relaxed);
        Self { queue, all }
    }

    async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.queue.turn).lock_owned().await
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

fn keys(attempt: &LoginAttempt) -> impl Iterator<Item = LimitKey> {
    [Some(attempt.email), attempt.address].into_iter().flatten()
}
