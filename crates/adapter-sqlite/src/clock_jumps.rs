//! Jumps of the clock of the machine ahead, which may be mistakes.

use std::time::{Duration, Instant};

use auth_domain::model::{from_microseconds, to_microseconds};

/// A difference between the clock of the machine and the elapsed time that is no adjustment by NTP.
pub(crate) const JUMP: Duration = Duration::from_mins(1);
/// The number of jumps that are kept apart. A machine may be suspended many times a day.
const MAX_JUMPS: usize = 64;

/// The times for which the clock is distrusted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distrust {
    /// After a start: until all access tokens from before it have expired by the elapsed time.
    pub(crate) after_start: Duration,
    /// After a jump ahead: until everything from before it has expired by the elapsed time. It is limited, because a machine that
    /// was suspended or switched off looks the same.
    pub(crate) after_jump: Duration,
}

/// Compares the clock of the machine with the elapsed time.
///
/// If the clock is ahead by mistake, rows seem to be expired that are needed again once it is corrected: without its entry in
/// the denylist, a revoked access token would be accepted.
pub(crate) struct ClockJumps {
    distrust: Distrust,
    last: (Instant, i64),
    /// The elapsed time since the start.
    running: Duration,
    /// The elapsed time since the start or the last jump in either direction.
    settled: Duration,
    /// The jumps ahead that do not count yet, the oldest first.
    jumps: Vec<Jump>,
    /// Set while the clock is behind: the time from which it is not.
    behind_until: Option<i64>,
}

/// A jump ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jump {
    pub(crate) by: i64,
    /// The elapsed time until it counts.
    pub(crate) rest: Duration,
}

impl ClockJumps {
    /// Watches the clock from a first sample on.
    pub(crate) fn new(distrust: Distrust, instant: Instant, now: i64) -> Self {
        let (running, settled) = (Duration::ZERO, Duration::ZERO);
        Self { distrust, last: (instant, now), running, settled, jumps: Vec::new(), behind_until: None }
    }

    /// Adds the jumps that a former process saw until `seen_at`. The time from then until the start was not watched, so the clock
    /// may have been set meanwhile.
    pub(crate) fn restore(&mut self, seen_at: i64, jumps: Vec<Jump>, behind_until: Option<i64>) {
        (self.jumps, self.behind_until) = (jumps, behind_until);
        self.add(self.now().saturating_sub(seen_at));
    }

    /// The time of the last sample.
    pub(crate) const fn now(&self) -> i64 {
        let (_, now) = self.last;
        now
    }

    /// The jumps, for the next process.
    pub(crate) fn jumps(&self) -> &[Jump] {
        &self.jumps
    }

    /// The time until which the clock is behind, for the next process; `None` if it is not.
    pub(crate) const fn behind_until(&self) -> Option<i64> {
        self.behind_until
    }

    /// Takes a sample.
    pub(crate) fn sample(&mut self, instant: Instant, now: i64) {
        let (last_instant, last_now) = self.last;
        let elapsed = instant.saturating_duration_since(last_instant);
        self.last = (last_instant.max(instant), now);
        self.running += elapsed;
        self.settled += elapsed;
        for jump in &mut self.jumps {
            jump.rest = jump.rest.saturating_sub(elapsed);
        }
        self.jumps.retain(|jump| !jump.rest.is_zero());
        self.add(now.saturating_sub(last_now).saturating_sub(to_microseconds(elapsed)));
    }

    /// The time by which rows may be deleted; `None` after a start.
    pub(crate) fn cleanup_time(&self) -> Option<i64> {
        let is_trusted = self.running >= self.distrust.after_start;
        is_trusted.then(|| self.jumps.iter().fold(self.now(), |time, jump| time.saturating_sub(jump.by)))
    }

    /// How far ahead the clock may be of the time by which access tokens were issued that have not expired by the elapsed time.
    pub(crate) fn ahead(&self) -> Duration {
        if self.running < self.distrust.after_start {
            return Duration::MAX;
        }
        let counts_from = self.distrust.after_jump.saturating_sub(self.distrust.after_start);
        let recent = self.jumps.iter().filter(|jump| jump.rest > counts_from);
        from_microseconds(recent.fold(0, |ahead, jump| ahead.saturating_add(jump.by)))
    }

    /// The time since which the clock has not jumped, if that is long enough to trust it, and if it is not behind.
    pub(crate) fn settled_since(&self) -> Option<i64> {
        let is_settled = self.settled >= self.distrust.after_start && self.behind_until.is_none();
        is_settled.then(|| self.now().saturating_sub(to_microseconds(self.settled)))
    }

    /// Notes by how much the clock was set ahead, or back if it is negative.
    fn add(&mut self, ahead: i64) {
        if is_jump(ahead) {
            self.settled = Duration::ZERO;
            if ahead > 0 {
                self.jump_ahead(ahead);
            } else {
                self.take_back(ahead.saturating_neg());
            }
        }
        self.behind_until = self.behind_until.filter(|until| self.now() < *until);
    }

    /// Adds a jump. The part of it that a clock was behind is no mistake, but the correction of one.
    fn jump_ahead(&mut self, by: i64) {
        let before = self.now().saturating_sub(by);
        let behind = self.behind_until.map_or(0, |until| until.saturating_sub(before).max(0));
        let by = by.saturating_sub(behind);
        if is_jump(by) {
            self.jumps.push(Jump { by, rest: self.distrust.after_jump });
            self.merge();
        }
    }

    /// Merges the two oldest of too many jumps.
    fn merge(&mut self) {
        if self.jumps.len() > MAX_JUMPS {
            let oldest = self.jumps.remove(0);
            self.jumps.first_mut().into_iter().for_each(|next| next.by = next.by.saturating_add(oldest.by));
        }
    }

    /// Shortens the last jumps, which a correction has undone. If it was more than all of them, the clock is behind now: times that
    /// are in the future by it were stored while it was right.
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
        if is_jump(by) {
            self.behind_until = self.behind_until.max(Some(self.now().saturating_add(by)));
        }
    }
}

/// Whether a difference in either direction is a jump.
fn is_jump(by: i64) -> bool {
    by.saturating_abs() > to_microseconds(JUMP)
}

#[cfg(test)]
mod tests;
