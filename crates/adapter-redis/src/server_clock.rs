//! The clock of the server, as far as deadlines need it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use auth_domain::model::to_microseconds;

/// How far the clock of the server may be from ours, in microseconds: with clocks that are further apart, tokens begin or
/// end at the wrong time.
pub(crate) const MAX_SKEW: i64 = 2_000_000;

/// How far the server's clock is from the monotonic one of this process, in microseconds.
///
/// Scripts compare their deadline with the server's own clock, so that a command which a frozen server executes late
/// does nothing. The difference is always taken too small, never too great: a deadline may come early by the time that
/// the measurement took, but not late.
#[derive(Debug)]
pub(crate) struct ServerClock {
    origin: Instant,
    difference: AtomicI64,
}

impl ServerClock {
    /// Starts with a reading of the server's clock that was received at `received`.
    pub(crate) fn new(origin: Instant, reading: i64, received: Instant) -> Self {
        let clock = Self { origin, difference: AtomicI64::new(0) };
        clock.set(reading, received);
        clock
    }

    /// Takes a new reading, since clocks are adjusted.
    pub(crate) fn set(&self, reading: i64, received: Instant) {
        self.difference.store(reading.saturating_sub(self.local(received)), Ordering::Relaxed);
    }

    /// Returns what the server's clock shows at `instant`.
    pub(crate) fn at(&self, instant: Instant) -> i64 {
        self.local(instant).saturating_add(self.difference.load(Ordering::Relaxed))
    }

    fn local(&self, instant: Instant) -> i64 {
        to_microseconds(instant.saturating_duration_since(self.origin))
    }
}

/// Describes the difference of the clocks: how far the server's is ahead of ours.
pub(crate) fn describe(skew: i64) -> String {
    let seconds = skew.saturating_abs() / 1_000_000;
    let direction = if skew < 0 { "behind" } else { "ahead of" };
    format!("the clock of Redis is {seconds} s {direction} ours; let both machines keep time by NTP")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be made up, only read or moved")]
    fn an_instant_is_read_on_the_clock_of_the_server() {
        let origin = Instant::now();
        let clock = ServerClock::new(origin, 1_000_000, origin + Duration::from_secs(2));
        assert_eq!(clock.at(origin + Duration::from_secs(5)), 4_000_000);
        clock.set(9_000_000, origin + Duration::from_secs(5));
        assert_eq!(clock.at(origin + Duration::from_secs(5)), 9_000_000);
    }
}
