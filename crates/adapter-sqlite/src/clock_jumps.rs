//! Pauses of the cleanup after the clock of the machine was set ahead.

use std::time::{Duration, Instant};

use auth_domain::model::to_microseconds;

/// A difference between the clock of the machine and the elapsed time that is no adjustment by NTP.
const JUMP: Duration = Duration::from_mins(1);

/// Compares the clock of the machine with the elapsed time.
///
/// If the clock was set ahead by mistake, rows seem to be expired that are needed again once it is corrected: without its entry
/// in the denylist, a revoked access token would be accepted.
pub(crate) struct ClockJumps {
    pause: Duration,
    last: (Instant, i64),
    paused_until: Option<Instant>,
}

impl ClockJumps {
    /// Watches the clock from a first sample on.
    ///
    /// # Parameters
    /// - `pause`: the time after a jump ahead within which an operator corrects a wrong clock.
    pub(crate) fn new(pause: Duration, instant: Instant, now: i64) -> Self {
        Self { pause, last: (instant, now), paused_until: None }
    }

    /// Takes a sample; returns whether rows may be deleted by this time.
    pub(crate) fn is_settled(&mut self, instant: Instant, now: i64) -> bool {
        let (last_instant, last_now) = self.last;
        self.last = (instant, now);
        let elapsed = to_microseconds(instant.saturating_duration_since(last_instant));
        let ahead = now.saturating_sub(last_now).saturating_sub(elapsed);
        if ahead > to_microseconds(JUMP) {
            self.paused_until = Some(instant + self.pause);
        } else if ahead < -to_microseconds(JUMP) {
            self.paused_until = None;
        }
        self.paused_until.is_none_or(|until| until <= instant)
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Clock;
    use auth_testkit::TestClock;

    use super::*;

    // S-61
    #[test]
    fn nothing_is_deleted_for_a_day_after_the_clock_was_set_ahead() {
        let (start, hour) = (TestClock::new().instant(), Duration::from_hours(1));
        let year = to_microseconds(hour * 8_760);
        let at = |hours: u32| (start + hour * hours, to_microseconds(hour * hours));
        let mut jumps = ClockJumps::new(hour * 24, start, 0);
        let (instant, now) = at(1);
        assert!(jumps.is_settled(instant, now), "an hour has passed");
        for hours in [2, 10, 25] {
            let (instant, now) = at(hours);
            assert!(!jumps.is_settled(instant, now + year), "{hours}");
        }
        let (instant, now) = at(26);
        assert!(jumps.is_settled(instant, now + year), "a day has passed");
    }

    // S-61
    #[test]
    fn a_clock_that_was_corrected_lets_the_cleanup_continue() {
        let (start, hour) = (TestClock::new().instant(), Duration::from_hours(1));
        let mut jumps = ClockJumps::new(hour * 24, start, 0);
        assert!(!jumps.is_settled(start + hour, to_microseconds(hour * 100)));
        assert!(jumps.is_settled(start + hour * 2, to_microseconds(hour * 2)));
    }
}
