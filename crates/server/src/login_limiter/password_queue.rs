//! The size of the password queue, and the logins that wait before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Returns how many passwords can be verified within a given time.
pub(crate) type Capacity = Arc<dyn Fn(Duration) -> usize + Send + Sync>;

/// The queue of passwords that wait for verification: its speed, and its timeout.
#[derive(Clone)]
pub(crate) struct PasswordQueue {
    capacity: Capacity,
    timeout: Duration,
    load: Arc<QueueLoad>,
}

/// The logins that wait before the password queue, and those that were rejected there.
#[derive(Debug, Default)]
pub(crate) struct QueueLoad {
    waiting: AtomicU64,
    rejected: AtomicU64,
}

/// A login that waits before the password queue, until it is dropped.
pub(crate) struct Waiting<'a>(&'a QueueLoad);

impl PasswordQueue {
    /// Describes a queue in which a password waits at most for `timeout`.
    pub(crate) fn new(capacity: Capacity, timeout: Duration) -> Self {
        Self { capacity, timeout, load: Arc::default() }
    }

    /// Counts the logins that wait in `load`.
    pub(crate) fn counting_in(self, load: Arc<QueueLoad>) -> Self {
        Self { load, ..self }
    }

    /// Returns how many passwords can be verified within `time`.
    pub(super) fn capacity(&self, time: Duration) -> usize {
        (self.capacity)(time)
    }

    /// Returns how many passwords fit into the queue: those that can be verified within its timeout.
    pub(super) fn size(&self) -> usize {
        self.capacity(self.timeout)
    }

    /// Counts a login that waits.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.load.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.load)
    }

    /// Counts a login that cannot be verified in time.
    pub(crate) fn reject(&self) {
        self.load.rejected.fetch_add(1, Ordering::Relaxed);
    }
}

impl QueueLoad {
    /// Returns the number of logins that wait now.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Returns the number of logins that were rejected since the start.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
