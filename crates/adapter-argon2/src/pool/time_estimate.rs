//! An estimate of the time of a hash.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The moving average of the time of one block compression, in picoseconds.
pub(super) struct TimeEstimate(AtomicU64);

impl TimeEstimate {
    /// Starts with the measured time of `work` block compressions.
    pub(super) fn new(measured: Duration, work: u64) -> Self {
        Self(AtomicU64::new(picoseconds(measured, work)))
    }

    /// Estimates the time of `work` block compressions.
    pub(super) fn time_of(&self, work: u64) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed).saturating_mul(work) / 1_000)
    }

    /// Moves the average by an eighth of its difference to a new measurement.
    pub(super) fn record(&self, elapsed: Duration, work: u64) {
        if work == 0 {
            return;
        }
        let average = self.0.load(Ordering::Relaxed);
        let moved = average - average / 8 + picoseconds(elapsed, work) / 8;
        // One of two simultaneous updates may be lost. The estimate is still accurate enough.
        self.0.store(moved, Ordering::Relaxed);
    }
}

/// Returns the time of one block compression.
fn picoseconds(elapsed: Duration, work: u64) -> u64 {
    let picoseconds = elapsed.as_nanos().saturating_mul(1_000) / u128::from(work.max(1));
    u64::try_from(picoseconds).unwrap_or(u64::MAX)
}
