//! The clock of the tests.
#![expect(clippy::disallowed_methods, reason = "the program under test has a clock of its own")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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
