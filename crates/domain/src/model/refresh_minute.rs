//! The refreshes of one minute, as stores count them.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{from_microseconds, to_microseconds};

/// The length of the fixed window in which refreshes are counted.
const MINUTE: Duration = Duration::from_mins(1);
/// How much earlier than the minute a request may have started and still count in it. Concurrent requests do not reach the
/// store in the order of their start, and the clocks of two instances differ.
const MAX_EARLIER: Duration = Duration::from_secs(10);

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
        let running = to_microseconds(MAX_EARLIER).saturating_neg()..to_microseconds(MINUTE);
        let is_running = |minute: &Self| running.contains(&now.saturating_sub(minute.started_at));
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
