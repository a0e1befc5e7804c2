//! The length of the password queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the admitted callers that have no permit yet.
#[derive(Default)]
pub(super) struct Queue(Arc<AtomicUsize>);

/// A place in the queue. Dropping it gives it back: when the caller gets a permit, reaches its deadline or hangs up.
pub(super) struct Place {
    waiting: Arc<AtomicUsize>,
    /// The number of callers in the queue at the time of admission, including this one.
    pub(super) position: usize,
}

impl Queue {
    pub(super) fn take_place(&self) -> Place {
        let position = self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        Place { waiting: Arc::clone(&self.0), position }
    }

    pub(super) fn len(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
