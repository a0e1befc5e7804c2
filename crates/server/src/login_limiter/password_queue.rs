//! The size of the password queue.

use std::sync::Arc;
use std::time::Duration;

/// Returns how many passwords can be verified within a given time.
pub(crate) type Capacity = Arc<dyn Fn(Duration) -> usize + Send + Sync>;

/// The queue of passwords that wait for verification: its speed, and its timeout.
#[derive(Clone)]
pub(crate) struct PasswordQueue {
    capacity: Capacity,
    timeout: Duration,
}

impl PasswordQueue {
    /// Describes a queue in which a password waits at most for `timeout`.
    pub(crate) fn new(capacity: Capacity, timeout: Duration) -> Self {
        Self { capacity, timeout }
    }

    /// Returns how many passwords can be verified within `time`.
    pub(super) fn capacity(&self, time: Duration) -> usize {
        (self.capacity)(time)
    }

    /// Returns how many passwords fit into the queue: those that can be verified within its timeout.
    pub(super) fn size(&self) -> usize {
        self.capacity(self.timeout)
    }
}
