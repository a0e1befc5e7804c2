//! The reservation of an attempt.

use time::OffsetDateTime;

use super::attempt::{Attempt, AttemptState};
use super::daily_count::DailyCount;
use super::limits::LoginLimits;
use super::records::LimitRecords;
use super::window::{opens_at, slide, to_usize};
use crate::model::{
    LimitKey, LoginAttempt, LoginLimit, Reservation, Ticket, from_microseconds, to_unix_microseconds,
};

impl LoginLimits {
    /// Decides whether an attempt may go on. Returns the records to store, also if it may not.
    #[must_use]
    pub fn reserve(
        &self,
        attempt: &LoginAttempt,
        stored: LimitRecords,
        now: OffsetDateTime,
    ) -> (Reservation, LimitRecords) {
        let now = to_unix_microseconds(now);
        let is_known = self.is_known(attempt, &stored, now);
        let keys = attempt.counted_on(is_known);
        let mut records = self.slide(stored, &keys, now);
        self.enter_daily_count(attempt, is_known, &mut records, now);
        if let Some(rejection) = self.reject(attempt, is_known, &records, now) {
            return (rejection, records);
        }
        let reserved =
            Attempt { at: now, ticket: attempt.ticket, email: attempt.email, state: AttemptState::InFlight };
        for (_, key) in keys {
            records.update(key, |mut window| {
                window.push(reserved);
                window
            });
        }
        if let Some(daily) = &mut records.daily {
            daily.add(is_known, now);
        }
        (Reservation::Reserved(Ticket { attempt: *attempt, is_known }), records)
    }

    fn slide(&self, mut records: LimitRecords, keys: &[(LoginLimit, LimitKey)], now: i64) -> LimitRecords {
        for (_, key) in keys {
            records.update(*key, |window| slide(window, self.window_length(), now));
        }
        records.daily = records.daily.and_then(|daily| daily.slide(now));
        self.count_from_now(&mut records, now);
        records
    }

    /// Puts the email into the daily count if the window of its attempt is full.
    pub(super) fn enter_daily_count(
        &self,
        attempt: &LoginAttempt,
        is_known: bool,
        records: &mut LimitRecords,
        now: i64,
    ) {
        let Some((limit, key)) = attempt.counted_on(is_known).first().copied() else { return };
        let window = slide(records.window(key).to_vec(), self.window_length(), now);
        let is_full = opens_at(&window, self.max_failures_of(limit), self.window_length(), now).is_some();
        if self.daily_failures.is_some() && records.daily.is_none() && is_full {
            records.daily = DailyCount::of_full_window(&window, is_known, now).or_none();
        }
    }

    /// The reservation of an attempt that may not go on; `None` if it may. Failures decide before attempts in flight.
    fn reject(
        &self,
        attempt: &LoginAttempt,
        is_known: bool,
        records: &LimitRecords,
        now: i64,
    ) -> Option<Reservation> {
        let keys = attempt.counted_on(is_known);
        let windows = keys.iter().filter_map(|(limit, key)| {
            let window = records.window(*key);
            Some((*limit, *key, opens_at(window, self.max_failures_of(*limit), self.window_length(), now)?))
        });
        let daily = self.daily_opens_at(attempt, is_known, records, now);
        let full = windows.chain(daily.map(|opens_at| (LoginLimit::Daily, attempt.email, opens_at)));
        // If several are full for the same time, `max_by_key` returns the last one. The first one is the email or the pair.
        let full: Vec<_> = full.collect();
        if let Some((limit, key, opens_at)) = full.into_iter().rev().max_by_key(|(_, _, opens_at)| *opens_at)
        {
            let retry_after = from_microseconds(opens_at.saturating_sub(now));
            return Some(Reservation::Rejected { limit, key, retry_after });
        }
        let mut busy = keys
            .into_iter()
            .filter(|(limit, key)| records.window(*key).len() >= to_usize(self.max_failures_of(*limit)));
        busy.next().map(|(_, key)| Reservation::Busy(key))
    }

    /// The time at which the daily limit allows the next attempt; `None` if it allows it now.
    ///
    /// Each known address has a minute of its own: a stranger at one of them must not block the owner at another (S-91).
    fn daily_opens_at(
        &self,
        attempt: &LoginAttempt,
        is_known: bool,
        records: &LimitRecords,
        now: i64,
    ) -> Option<i64> {
        let (daily, limit) = (records.daily?, self.daily_failures?);
        if !is_known {
            return daily.unknown_opens_at(limit, now);
        }
        let last = records.window(attempt.origin?.pair).last()?.at;
        daily.known_opens_at(last, limit, now)
    }
}
