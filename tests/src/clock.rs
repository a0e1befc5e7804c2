//! The clock of the tests.
#![expect(clippy::disallowed_methods, reason = "the program under test has a clock of its own")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::is_soak;

/// The time between two looks at the clock by [`Stalls`].
const TICK: Duration = Duration::from_millis(20);

/// What other programs add to a time limit, on a machine where several test programs run.
const BUSY: Duration = Duration::from_secs(5);

/// Returns the time limit of what takes `stated` at most: that itself in a soak run, which measures, and more next to other programs.
pub fn in_time(stated: Duration) -> Duration {
    if is_soak() { stated } else { stated + BUSY }
}

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Measures how long the tasks of this test stood still, which no program can prevent: on a paused machine, or while the disk does not
/// deliver the pages of a program.
#[derive(Clone, Debug)]
pub struct Stalls(Arc<AtomicU64>);

impl Stalls {
    /// Starts measuring, until the value and all its clones are dropped.
    pub fn watch() -> Self {
        let total = Arc::new(AtomicU64::new(0));
        let watched = Arc::downgrade(&total);
        tokio::spawn(async move {
            let mut last = Instant::now();
            while let Some(total) = watched.upgrade() {
                pause(TICK).await;
                let late = last.elapsed().saturating_sub(2 * TICK);
                total.fetch_add(u64::try_from(late.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
                last = Instant::now();
            }
        });
        Self(total)
    }

    /// Returns the time of all stalls so far.
    pub fn total(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// Waits for `time`.
pub async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Evaluates `condition` until it holds or `limit` has passed; returns whether it held.
pub async fn holds_within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let watch = Stopwatch::start();
    while !condition() {
        if watch.elapsed() > limit {
            return false;
        }
        pause(Duration::from_millis(5)).await;
    }
    true
}

/// Returns the seconds since 1970.
pub fn unix_now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(now.as_secs()).expect("a clock before the end of time")
}
