//! Memory is given back after a time without hashes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time without hashes after which the threads end and their memory is given back.
pub(super) const QUIET: Duration = Duration::from_mins(1);

/// The time of the last hash, while a task waits for the end of the quiet time.
#[derive(Default)]
pub(super) struct Quiet(Mutex<Option<Instant>>);

impl Quiet {
    /// Records a hash. Returns whether the caller must start a task that waits.
    pub(super) fn interrupt(&self, now: Instant) -> bool {
        self.lock().replace(now).is_none()
    }

    /// Returns the end of the quiet time; `None` if it is over, and the task ends.
    pub(super) fn end(&self, now: Instant, is_idle: bool) -> Option<Instant> {
        let mut last = self.lock();
        let end = (*last)? + QUIET;
        if end > now {
            return Some(end);
        }
        *last = if is_idle { None } else { Some(now) };
        last.map(|last| last + QUIET)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
