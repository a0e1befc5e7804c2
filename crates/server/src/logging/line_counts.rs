//! Counts of log lines. They show how many lines were dropped, and whether a line is still queued.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing_appender::non_blocking::ErrorCounter;

/// The numbers of log lines that were accepted, written and dropped.
#[derive(Default)]
pub(super) struct LineCounts {
    offered: AtomicU64,
    written: AtomicU64,
    /// Lines that were too long for the queue, or could not be written.
    failed: AtomicU64,
    /// The number of lines that the full queue dropped, counted by the queue.
    queue_full: OnceLock<ErrorCounter>,
    lock: Mutex<()>,
    progress: Condvar,
}

impl LineCounts {
    /// Adds the counter of the queue.
    pub(super) fn watch_queue(&self, counter: ErrorCounter) {
        // `set` fails only if there is a second queue, and a log has one.
        let _ = self.queue_full.set(counter);
    }

    /// Counts a line that is about to be queued.
    pub(super) fn offer(&self) {
        self.offered.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts lines that were written.
    pub(super) fn succeed(&self, count: u64) {
        self.written.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts lines that were not written.
    pub(super) fn fail(&self, count: u64) {
        self.failed.fetch_add(count, Ordering::Relaxed);
    }

    /// Returns how many lines were dropped.
    pub(super) fn dropped(&self) -> u64 {
        let by_queue = self.queue_full.get().map_or(0, |counter| counter.dropped_lines() as u64);
        self.failed.load(Ordering::Relaxed).saturating_add(by_queue)
    }

    /// Wakes callers of [`wait_until_written`](Self::wait_until_written).
    pub(super) fn notify(&self) {
        drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.progress.notify_all();
    }

    /// Waits until every line was written or dropped, at most for `timeout`.
    pub(super) fn wait_until_written(&self, timeout: Duration) {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.progress.wait_timeout_while(lock, timeout, |()| self.pending() > 0));
    }

    fn pending(&self) -> u64 {
        let done = self.written.load(Ordering::Relaxed).saturating_add(self.dropped());
        self.offered.load(Ordering::Relaxed).saturating_sub(done)
    }
}
