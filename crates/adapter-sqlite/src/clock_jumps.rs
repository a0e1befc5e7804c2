//! The time by which the cleanup deletes rows: the clock of the machine, without jumps ahead that may be mistakes.

use std::time::{Duration, Instant};

use auth_domain::model::to_microseconds;

/// A difference between the clock of the machine and the elapsed time that is no adjustment by NTP.
const JUMP: Duration = Duration::from_mins(1);

/// Compares the clock of the machine with the elapsed time.
///
/// If the clock is ahead by mistake, rows seem to be expired that are needed again once it is corrected: without its entry in
/// the denylist, a revoked access token would be accepted.
pub(crate) struct ClockJumps {
    window: Duration,
    last: (Instant, i64),
    /// The jumps ahead within the window, the oldest first.
    jumps: Vec<Jump>,
}

struct Jump {
    by: i64,
    until: Instant,
}

impl ClockJumps {
    /// Watches the clock from a first sample on.
    ///
    /// # Parameters
    /// - `start_pause`: the time until nothing is needed any more that was needed at the start. The clock may have been ahead
    ///   then, so nothing is deleted in this time.
    /// - `window`: the time for which a jump ahead does not count. It is limited, because a machine that was suspended looks the
    ///   same.
    pub(crate) fn new(start_pause: Duration, window: Duration, instant: Instant, now: i64) -> Self {
        let start = Jump { by: i64::MAX, until: instant + start_pause };
        Self { window, last: (instant, now), jumps: vec![start] }
    }

    /// Takes a sample; returns the time by which rows may be deleted.
    pub(crate) fn cleanup_time(&mut self, instant: Instant, now: i64) -> i64 {
        let (last_instant, last_now) = self.last;
        self.last = (instant, now);
        let elapsed = to_microseconds(instant.saturating_duration_since(last_instant));
        let ahead = now.saturating_sub(last_now).saturating_sub(elapsed);
        if ahead > to_microseconds(JUMP) {
            self.jumps.push(Jump { by: ahead, until: instant + self.window });
        } else if ahead < -to_microseconds(JUMP) {
            self.take_back(ahead.saturating_neg());
        }
        self.jumps.retain(|jump| instant < jump.until);
        self.jumps.iter().fold(now, |time, jump| time.saturating_sub(jump.by))
    }

    /// Shortens the last jumps, which a correction has undone.
    fn take_back(&mut self, mut by: i64) {
        while by > 0
            && let Some(mut jump) = self.jumps.pop()
        {
            let undone = jump.by.min(by);
            by -= undone;
            jump.by -= undone;
            if jump.by > 0 {
                self.jumps.push(jump);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Clock;
    use auth_testkit::TestClock;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn hours(count: i64) -> i64 {
        count * to_microseconds(HOUR)
    }

    /// Returns a watched clock whose start was long ago, and the function for the instant some hours after the first sample.
    fn settled() -> (ClockJumps, impl Fn(u32) -> Instant) {
        let start = TestClock::new().instant();
        (ClockJumps::new(Duration::ZERO, HOUR * 24, start, 0), move |hours| start + HOUR * hours)
    }

    // S-61
    #[test]
    fn nothing_is_deleted_after_a_start_while_older_tokens_are_valid() {
        let start = TestClock::new().instant();
        let (ahead, second) = (hours(8_760), Duration::from_secs(1));
        let mut jumps = ClockJumps::new(HOUR, HOUR * 24, start, ahead);
        assert!(jumps.cleanup_time(start + second, ahead + 1_000_000) < 0);
        assert!(jumps.cleanup_time(start + second * 3_599, 3_599_000_000) < 0, "the clock was corrected");
        assert_eq!(jumps.cleanup_time(start + HOUR, hours(1)), hours(1));
    }

    // S-61
    #[test]
    fn a_jump_of_the_clock_ahead_does_not_count_for_a_day() {
        let (mut jumps, at) = settled();
        let ahead = hours(8_760);
        assert_eq!(jumps.cleanup_time(at(1), hours(1)), hours(1));
        for hour in [2, 10, 25] {
            assert_eq!(jumps.cleanup_time(at(hour), hours(hour.into()) + ahead), hours(hour.into()));
        }
        assert_eq!(jumps.cleanup_time(at(26), hours(26) + ahead), hours(26) + ahead);
    }

    // S-61
    #[test]
    fn a_corrected_clock_counts_at_once_and_a_later_jump_does_not() {
        let (mut jumps, at) = settled();
        assert_eq!(jumps.cleanup_time(at(1), hours(101)), hours(1));
        assert_eq!(jumps.cleanup_time(at(2), hours(52)), hours(2), "half of it was undone");
        assert_eq!(jumps.cleanup_time(at(3), hours(2)), hours(2), "more than the rest was undone");
        assert_eq!(jumps.cleanup_time(at(4), hours(13)), hours(3));
    }

    #[test]
    fn a_machine_suspended_every_night_is_cleaned_up_a_day_later() {
        let (mut jumps, at) = settled();
        // The elapsed time stands while the machine is suspended: a day has 16 hours, and then the clock jumps by 8.
        for day in 1..100 {
            let time = jumps.cleanup_time(at(16 * day), hours(24 * i64::from(day)));
            assert!(time >= hours(24 * i64::from(day) - 16), "{day}");
        }
    }
}
