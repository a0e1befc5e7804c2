//! The places of waiting attempts: one queue per limit key, bounded per key and in total.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedMutexGuard};

use auth_domain::model::LimitKey;

/// The most attempts that wait for one email or address.
pub(super) const MAX_PER_KEY: usize = 64;
/// The most attempts that wait in total.
pub(super) const MAX_TOTAL: usize = 1_024;
/// One key may hold at most this fraction of the free places, so that a few keys never take all of them.
const FREE_FRACTION: usize = 8;

/// The queues, by limit key.
#[derive(Default)]
pub(super) struct Places {
    queues: Mutex<HashMap<LimitKey, Weak<Queue>>>,
    waiting: AtomicUsize,
}

/// The attempts that wait for one key.
#[derive(Default)]
struct Queue {
    waiting: AtomicUsize,
    /// Locked by the first attempt in the queue. Tokio's mutex is fair: callers lock it in the order of their calls.
    turn: Arc<tokio::sync::Mutex<()>>,
    settled: Notify,
}

/// A place in a queue. It becomes free when it is dropped.
pub(super) struct Place<'a> {
    queue: Arc<Queue>,
    total: &'a AtomicUsize,
}

impl Places {
    /// Takes a place in the queue of `key`; returns `None` if no place is free.
    pub(super) fn take(&self, key: LimitKey) -> Option<Place<'_>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            queues.retain(|_, queue| queue.strong_count() > 0);
            let queue = Arc::new(Queue::default());
            queues.insert(key, Arc::downgrade(&queue));
            queue
        });
        let free = MAX_TOTAL.saturating_sub(self.waiting.load(Ordering::Relaxed));
        let share = (free / FREE_FRACTION).clamp(1, MAX_PER_KEY);
        let fits = free > 0 && queue.waiting.load(Ordering::Relaxed) < share;
        fits.then(|| Place::new(queue, &self.waiting))
    }

    /// Returns whether an attempt waits for `key`.
    pub(super) fn is_queued(&self, key: LimitKey) -> bool {
        self.queue(key).is_some()
    }

    /// Lets the first attempt in the queue of `key` call the limiter at once.
    pub(super) fn wake_first(&self, key: LimitKey) {
        if let Some(queue) = self.queue(key) {
            queue.settled.notify_waiters();
        }
    }

    fn queue(&self, key: LimitKey) -> Option<Arc<Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).get(&key)?.upgrade()
    }
}

#[cfg(test)]
impl Places {
    /// The number of attempts that wait in total.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl<'a> Place<'a> {
    fn new(queue: Arc<Queue>, total: &'a AtomicUsize) -> Self {
        queue.waiting.fetch_add(1, Ordering::Relaxed);
        total.fetch_add(1, Ordering::Relaxed);
        Self { queue, total }
    }

    /// Waits until this place is the first in its queue, and keeps it first until the result is dropped.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.queue.turn).lock_owned().await
    }

    /// Waits for the next call of [`Places::wake_first`] after the creation of the future.
    pub(super) fn settled(&self) -> Notified<'_> {
        self.queue.settled.notified()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
        self.total.fetch_sub(1, Ordering::Relaxed);
    }
}
