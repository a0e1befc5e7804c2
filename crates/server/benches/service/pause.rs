//! Waiting in real time.

use std::time::{Duration, Instant};

/// Blocks this thread.
#[expect(clippy::disallowed_methods, reason = "a benchmark waits in real time")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// The current instant.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Polls `condition` until it holds, for at most twenty seconds; returns whether it held.
pub(crate) fn wait_until(condition: impl Fn() -> bool) -> bool {
    (0..4_000).any(|_| {
        let holds = condition();
        if !holds {
            pause(Duration::from_millis(5));
        }
        holds
    })
}
