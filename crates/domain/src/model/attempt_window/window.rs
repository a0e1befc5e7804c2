//! The sliding window of one limit key.

use time::OffsetDateTime;

use super::attempt::Attempt;
use crate::model::to_unix_microseconds;

/// The attempts that are within a window of `length`. An attempt that a clock ahead stored in the future counts from `now`
/// on: its stored time would prolong a rejection.
pub(super) fn slide(mut window: Vec<Attempt>, length: i64, now: i64) -> Vec<Attempt> {
    window.retain(|attempt| attempt.at > now.saturating_sub(length));
    for attempt in &mut window {
        attempt.at = attempt.at.min(now);
    }
    window.sort_by_key(|attempt| attempt.at);
    window
}

/// The time at which failures allow the next attempt; `None` if they allow it now.
pub(super) fn opens_at(window: &[Attempt], max_failures: u32, length: i64, now: i64) -> Option<i64> {
    let failures: Vec<_> = window.iter().filter(|attempt| attempt.is_failure(now)).collect();
    // The next attempt must wait until the window contains fewer failures than the limit. Then `surplus` + 1 of the
    // oldest failures have left it.
    let surplus = failures.len().checked_sub(to_usize(max_failures))?;
    let last_to_leave = failures.get(surplus).or(failures.last())?;
    Some(last_to_leave.at.saturating_add(length))
}

/// Removes the failures of a window. Returns the window to store: the attempts in flight.
#[must_use]
pub fn clear(mut window: Vec<Attempt>, now: OffsetDateTime) -> Vec<Attempt> {
    let now = to_unix_microseconds(now);
    window.retain(|attempt| !attempt.is_failure(now));
    window
}

pub(super) fn to_usize(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
