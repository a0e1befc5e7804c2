//! An estimate of the time of hashes of one algorithm.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::algorithms::Algorithm;

/// How much longer a unit of work may take in a real hash than in the small one of the start.
///
/// The memory of the small hash is in the cache of the CPU. Measured: Argon2id 1.2 to 2.9 times, and once 4.6 times on a machine with
/// other load; scrypt, which gets new memory for each hash, 2.3 to 2.6 times, and up to 6.9 times with other load. bcrypt and PBKDF2
/// need no such memory. Their allowance is
/// for other load.
///
/// With a high estimate, callers at the end of a long queue are rejected although there is time for them. With a low one, they wait
/// until their deadline and are rejected then. The first job replaces the estimate.
const fn allowance(algorithm: Algorithm) -> u32 {
    match algorithm {
        Algorithm::Argon2id | Algorithm::Scrypt => 3,
        Algorithm::Bcrypt | Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha512 => 2,
    }
}

/// The moving average of the time of one unit of work, in picoseconds.
#[derive(Default)]
pub(super) struct TimeEstimate {
    average: AtomicU64,
    /// Whether a job was measured.
    is_measured: AtomicBool,
}

impl TimeEstimate {
    /// Starts with the time of a small hash with `work`.
    pub(super) fn new(algorithm: Algorithm, small: Duration, work: u64) -> Self {
        let at_start = picoseconds(small.saturating_mul(allowance(algorithm)), work);
        Self { average: AtomicU64::new(at_start), is_measured: AtomicBool::new(false) }
    }

    /// Estimates the time of `work`.
    pub(super) fn time_of(&self, work: u64) -> Duration {
        Duration::from_nanos(self.average.load(Ordering::Relaxed).saturating_mul(work) / 1_000)
    }

    /// Moves the average by an eighth of its difference to a new measurement. The first one replaces the estimate of the start.
    pub(super) fn record(&self, elapsed: Duration, work: u64) {
        if work == 0 {
            return;
        }
        let (average, measured) = (self.average.load(Ordering::Relaxed), picoseconds(elapsed, work));
        let moved = if self.is_measured.swap(true, Ordering::Relaxed) {
            average - average / 8 + measured / 8
        } else {
            measured
        };
        // One of two simultaneous updates may be lost. The estimate is still accurate enough.
        self.average.store(moved, Ordering::Relaxed);
    }
}

/// Returns the time of one unit of work.
fn picoseconds(elapsed: Duration, work: u64) -> u64 {
    let picoseconds = elapsed.as_nanos().saturating_mul(1_000) / u128::from(work.max(1));
    u64::try_from(picoseconds).unwrap_or(u64::MAX)
}
