//! The refreshes of one minute, as stores count them.

use std::num::NonZeroU32;
use std::time::Duration;

use super::clock_tolerance::is_ahead;
use super::{from_microseconds, to_microseconds};

/// The length of the fixed window in which refreshes are counted.
const MINUTE: Duration = Duration::from_mins(1);

/// The number of refreshes since the first one of a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshMinute {
    /// The time of the first refresh, in Unix microseconds.
    pub started_at: i64,
    /// The number of refreshes, including the first.
    pub refreshes: u32,
}

impl RefreshMinute {
    /// The minute `known` if it has not passed. A minute that begins now replaces one that a clock far ahead stored in the
    /// future, so that it does not prolong a rejection.
    pub(super) fn at(known: Option<Self>, now: i64) -> Self {
        let is_running = |minute: &Self| {
            let has_passed = now.saturating_sub(minute.started_at) >= to_microseconds(MINUTE);
            !has_passed && !is_ahead(minute.started_at, now)
        };
        known.filter(is_running).unwrap_or(Self { started_at: now, refreshes: 0 })
    }

    /// The same minute with one more refresh.
    pub(super) const fn counted(self) -> Self {
        Self { refreshes: self.refreshes.saturating_add(1), ..self }
    }

    /// The time until this minute has passed.
    pub(super) fn rest(self, now: i64) -> Duration {
        from_microseconds(self.started_at.saturating_add(to_microseconds(MINUTE)).saturating_sub(now))
    }

    /// Returns whether one more refresh is beyond the limit.
    pub(super) fn is_full(self, limit: Option<NonZeroU32>) -> bool {
        limit.is_some_and(|limit| self.refreshes >= limit.get())
    }
}
