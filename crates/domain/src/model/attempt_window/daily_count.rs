//! The failures on an email within 24 hours, in constant size.

use std::time::Duration;

use super::attempt::Attempt;
use super::limits::LoginLimits;
use crate::model::{DailyFailures, to_microseconds};

/// The number of hours that are counted. An hour leaves when the whole of it is older than 24 hours, so the current one
/// and 24 earlier ones count.
pub const HOURS: usize = 25;

/// The daily count of an email.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyCount {
    /// The number of the current hour since 1970.
    pub hour: i64,
    /// The attempts from addresses that are not known for the email.
    pub unknown: DailyClass,
    /// The attempts from known addresses.
    pub known: DailyClass,
}

/// The attempts of one class: failures, and attempts in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DailyClass {
    /// The time of the last attempt.
    pub last: i64,
    /// The attempts of each hour, from the current one back.
    pub attempts: [u16; HOURS],
}

impl DailyCount {
    /// The count of an email whose window became full: the attempts in the window.
    pub(super) fn of_full_window(window: &[Attempt], is_known: bool, now: i64) -> Self {
        let mut count = Self { hour: hour(now), ..Self::default() };
        for attempt in window {
            count.add(is_known, attempt.at.min(now));
        }
        count
    }

    /// The count at `now`; `None` if nothing is left of it. Times in the future count as now.
    #[must_use]
    pub fn slide(mut self, now: i64) -> Option<Self> {
        let elapsed = hour(now).saturating_sub(self.hour);
        for class in [&mut self.unknown, &mut self.known] {
            class.slide(elapsed);
            class.last = class.last.min(now);
        }
        self.hour = hour(now);
        self.or_none()
    }

    /// The count; `None` if nothing is counted.
    pub(super) fn or_none(self) -> Option<Self> {
        (self.unknown.total() > 0 || self.known.total() > 0).then_some(self)
    }

    /// Counts an attempt of the current or an earlier hour.
    pub(super) fn add(&mut self, is_known: bool, at: i64) {
        let age = self.age(at);
        let class = self.class_mut(is_known);
        class.last = class.last.max(at);
        if let Some(count) = age.and_then(|age| class.attempts.get_mut(age)) {
            *count = count.saturating_add(1);
        }
    }

    /// Takes an abandoned attempt back.
    pub(super) fn remove(&mut self, is_known: bool, at: i64) {
        let age = self.age(at);
        if let Some(count) = age.and_then(|age| self.class_mut(is_known).attempts.get_mut(age)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Forgets the attempts of one class.
    pub(super) fn clear(&mut self, is_known: bool) {
        *self.class_mut(is_known) = DailyClass::default();
    }

    /// The time at which the next attempt from an unknown address is possible; `None` if it is possible now.
    pub(super) fn unknown_opens_at(&self, limit: u32, now: i64) -> Option<i64> {
        self.opens_at(&self.unknown, self.unknown.last, limit, now)
    }

    /// The time at which the next attempt from a known address is possible, after its last one; `None` if it is possible now.
    pub(super) fn known_opens_at(&self, last: i64, limit: u32, now: i64) -> Option<i64> {
        self.opens_at(&self.known, last, limit, now)
    }

    fn opens_at(&self, class: &DailyClass, last: i64, limit: u32, now: i64) -> Option<i64> {
        let pause_ends = last.saturating_add(to_microseconds(LoginLimits::DAILY_PAUSE));
        if class.total() < limit || pause_ends <= now {
            return None;
        }
        let next_hour = self.hour.saturating_add(1).saturating_mul(hour_length());
        let leaving = class.attempts.last().copied().unwrap_or_default();
        let opens_with_the_hour = class.total().saturating_sub(leaving.into()) < limit;
        Some(if opens_with_the_hour { pause_ends.min(next_hour) } else { pause_ends })
    }

    /// The failures and attempts in flight of each class.
    pub(super) fn failures(&self) -> DailyFailures {
        DailyFailures { unknown: self.unknown.total(), known: self.known.total() }
    }

    fn class_mut(&mut self, is_known: bool) -> &mut DailyClass {
        if is_known { &mut self.known } else { &mut self.unknown }
    }

    /// The number of hours between the current hour and that of `at`, which is not later.
    fn age(&self, at: i64) -> Option<usize> {
        usize::try_from(self.hour.saturating_sub(hour(at)).max(0)).ok()
    }
}

impl DailyClass {
    /// The attempts of all hours.
    fn total(&self) -> u32 {
        self.attempts.iter().copied().map(u32::from).sum()
    }

    /// Moves the counts by the hours that have passed. Counts of a clock that was ahead count for the current hour.
    fn slide(&mut self, elapsed: i64) {
        let earlier = std::mem::take(&mut self.attempts);
        for (age, count) in (0_i64..).zip(earlier) {
            let Ok(age) = usize::try_from(age.saturating_add(elapsed).max(0)) else { continue };
            if let Some(slot) = self.attempts.get_mut(age) {
                *slot = slot.saturating_add(count);
            }
        }
    }
}

fn hour(at: i64) -> i64 {
    at.div_euclid(hour_length())
}

fn hour_length() -> i64 {
    to_microseconds(Duration::from_hours(1))
}
