//! The numbers of audit records: offered, written and lost.

use std::mem::take;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The numbers of records since the start of the process.
#[derive(Debug, Default)]
pub(super) struct Counts {
    offered: AtomicU64,
    /// Records that are in the target, and safe there if it is a file.
    written: AtomicU64,
    /// Records for which the queue had no place.
    lost: AtomicU64,
    /// The last error of the target; `None` if the last write succeeded.
    error: Mutex<Option<String>>,
    progress: Condvar,
}

impl Counts {
    /// Counts a record that is about to be queued.
    pub(super) fn offer(&self) {
        self.offered.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts records that were lost.
    pub(super) fn lose(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts records that were written, and wakes callers of [`wait`](Self::wait).
    pub(super) fn succeed(&self, count: u64) {
        self.written.fetch_add(count, Ordering::Relaxed);
        take(&mut *self.last_error());
        self.progress.notify_all();
    }

    /// Keeps the error of a write that will be repeated.
    pub(super) fn fail(&self, error: String) {
        *self.last_error() = Some(error);
    }

    /// Returns how many records were written.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Returns how many records were lost.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Returns the error of the last write, if it failed.
    pub(super) fn error(&self) -> Option<String> {
        self.last_error().clone()
    }

    /// Waits until every record was written or lost, at most for `timeout`. Returns how many are neither.
    pub(super) fn wait(&self, timeout: Duration) -> u64 {
        let error = self.last_error();
        drop(self.progress.wait_timeout_while(error, timeout, |_| self.pending() > 0));
        self.pending()
    }

    /// Counts the records that are neither written nor lost as lost.
    pub(super) fn lose_pending(&self) {
        self.lose(self.pending());
    }

    /// Returns how many records wait: they are neither written nor lost.
    pub(super) fn pending(&self) -> u64 {
        let done = self.written().saturating_add(self.lost());
        self.offered.load(Ordering::Relaxed).saturating_sub(done)
    }

    fn last_error(&self) -> MutexGuard<'_, Option<String>> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
