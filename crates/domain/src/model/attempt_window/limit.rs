//! The limit: how many failures a window may have.

use std::time::Duration;

use time::OffsetDateTime;

use super::attempt::{Attempt, AttemptState, Windows};
use crate::model::{
    LoginAttempt, Reservation, Ticket, from_microseconds, to_microseconds, to_unix_microseconds,
};

/// The number of failures that one email or one address may have within a sliding window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimit {
    /// The number of failures.
    pub max_failures: u32,
    /// The length of the window.
    pub window: Duration,
}

impl AttemptLimit {
    /// Decides whether an attempt may go on. Returns the windows to store, also if it may not.
    #[must_use]
    pub fn reserve(
        &self,
        attempt: &LoginAttempt,
        stored: Windows,
        now: OffsetDateTime,
    ) -> (Reservation, Windows) {
        let now = to_unix_microseconds(now);
        let mut windows =
            Windows { email: self.slide(stored.email, now), address: self.slide(stored.address, now) };
        if let Some(rejection) = self.reject(attempt, &windows, now) {
            return (rejection, windows);
        }
        let reserved =
            Attempt { at: now, ticket: attempt.ticket, email: attempt.email, state: AttemptState::InFlight };
        windows.email.push(reserved);
        windows.address.extend(attempt.address.map(|_| reserved));
        (Reservation::Reserved(Ticket { attempt: *attempt }), windows)
    }

    /// The reservation of an attempt that may not go on; `None` if it may. Failures decide before attempts in flight.
    fn reject(&self, attempt: &LoginAttempt, windows: &Windows, now: i64) -> Option<Reservation> {
        let keys =
            [Some((attempt.email, &windows.email)), attempt.address.map(|key| (key, &windows.address))];
        let keys = keys.into_iter().flatten();
        // If both keys are full for the same time, `max_by_key` returns the last one: the email.
        let full = keys.clone().rev().filter_map(|(key, window)| Some((key, self.opens_at(window, now)?)));
        if let Some((key, opens_at)) = full.max_by_key(|(_, opens_at)| *opens_at) {
            let retry_after = from_microseconds(opens_at.saturating_sub(now));
            return Some(Reservation::Rejected { key, retry_after });
        }
        let mut busy = keys.filter(|(_, window)| window.len() >= self.max_failures());
        busy.next().map(|(key, _)| Reservation::Busy(key))
    }

    /// The attempts that are within the window. An attempt that a clock ahead stored in the future counts from `now` on:
    /// its stored time would prolong a rejection.
    fn slide(&self, mut window: Vec<Attempt>, now: i64) -> Vec<Attempt> {
        let left = now.saturating_sub(to_microseconds(self.window));
        window.retain(|attempt| attempt.at > left);
        for attempt in &mut window {
            attempt.at = attempt.at.min(now);
        }
        window.sort_by_key(|attempt| attempt.at);
        window
    }

    /// The time at which failures allow the next attempt; `None` if they allow it now.
    fn opens_at(&self, window: &[Attempt], now: i64) -> Option<i64> {
        let failures: Vec<_> = window.iter().filter(|attempt| attempt.is_failure(now)).collect();
        // The next attempt must wait until the window contains fewer failures than the limit. Then `surplus` + 1 of the
        // oldest failures have left it.
        let surplus = failures.len().checked_sub(self.max_failures())?;
        let last_to_leave = failures.get(surplus).or(failures.last())?;
        Some(last_to_leave.at.saturating_add(to_microseconds(self.window)))
    }

    fn max_failures(&self) -> usize {
        usize::try_from(self.max_failures).unwrap_or(usize::MAX)
    }
}
