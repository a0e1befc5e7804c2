//! Sampling of rejections in the log and in the audit stream, so that one client cannot fill them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::Event;

/// The number of rejections of one client and reason that are admitted one by one in a period.
const MAX_LINES: u64 = 10;
/// The length of a period, which begins with its first rejection.
const PERIOD: Duration = Duration::from_mins(1);
/// The most pairs of client and reason that are counted at a time. Further pairs share one count per event.
const MAX_KEYS: usize = 4_096;
/// The client and reason of a rejection that arrived when all keys were in use.
const OTHER: &str = "other";

/// The client that was rejected, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The address as it is logged.
    pub(crate) client: String,
    pub(crate) event: Event,
    pub(crate) reason: String,
}

#[derive(Debug)]
struct Period {
    ends_at: Instant,
    rejections: u64,
}

/// The number of rejections of one key that were not admitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Suppressed {
    pub(crate) key: Key,
    pub(crate) count: u64,
}

/// A sampler that admits the first ten rejections per minute of each client and reason. After the minute, it has the number of
/// the others.
#[derive(Default)]
pub(crate) struct RejectionSampler(Mutex<Periods>);

#[derive(Default)]
struct Periods {
    by_key: HashMap<Key, Period>,
    /// The earliest end of any period.
    next_end: Option<Instant>,
    /// The counts of periods that have ended, until they are taken.
    ended: Vec<Suppressed>,
}

impl RejectionSampler {
    /// Counts a rejection, and returns whether it is admitted.
    pub(crate) fn admits(&self, client: String, event: Event, reason: String, now: Instant) -> bool {
        self.periods(|periods| periods.count(Key { client, event, reason }, now) <= MAX_LINES)
    }

    /// Takes the counts of periods that have ended by `now`.
    pub(crate) fn take_ended(&self, now: Instant) -> Vec<Suppressed> {
        self.periods(|periods| periods.take_ended(now))
    }

    /// Takes all counts. The process calls this at its end.
    pub(crate) fn take_all(&self) -> Vec<Suppressed> {
        self.periods(|periods| {
            let current = suppressed(periods.by_key.drain());
            periods.ended.drain(..).chain(current).collect()
        })
    }

    fn periods<T>(&self, action: impl FnOnce(&mut Periods) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Periods {
    /// Counts a rejection, and returns its number within the period.
    fn count(&mut self, mut key: Key, now: Instant) -> u64 {
        self.end_periods(now);
        if self.by_key.len() >= MAX_KEYS && !self.by_key.contains_key(&key) {
            // One key for each event: reasons can be as many as clients.
            OTHER.clone_into(&mut key.client);
            OTHER.clone_into(&mut key.reason);
        }
        let period = self.by_key.entry(key).or_insert(Period { ends_at: now + PERIOD, rejections: 0 });
        period.rejections += 1;
        self.next_end = Some(self.next_end.map_or(period.ends_at, |next| next.min(period.ends_at)));
        period.rejections
    }

    /// Removes the periods that have ended, and keeps their counts. It scans the periods only if one has ended.
    fn end_periods(&mut self, now: Instant) {
        if self.next_end.is_none_or(|next| now < next) {
            return;
        }
        self.ended.extend(suppressed(self.by_key.extract_if(|_, period| period.ends_at <= now)));
        self.next_end = self.by_key.values().map(|period| period.ends_at).min();
    }

    fn take_ended(&mut self, now: Instant) -> Vec<Suppressed> {
        self.end_periods(now);
        std::mem::take(&mut self.ended)
    }
}

fn suppressed(periods: impl Iterator<Item = (Key, Period)>) -> impl Iterator<Item = Suppressed> {
    let counts = periods.map(|(key, period)| (key, period.rejections.saturating_sub(MAX_LINES)));
    counts.filter(|(_, count)| *count > 0).map(|(key, count)| Suppressed { key, count })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use auth_domain::ports::Clock;

    use super::*;
    use crate::system::SystemClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(client: &str) -> Key {
        Key { client: client.to_owned(), event: Event::LoginFailed, reason: "wrong_password".to_owned() }
    }

    fn admitted(sampler: &RejectionSampler, key: &Key, now: Instant) -> bool {
        let Key { client, event, reason } = key.clone();
        sampler.admits(client, event, reason, now)
    }

    // S-85
    #[test]
    fn ten_lines_a_minute_and_one_with_the_number_of_others() {
        let (sampler, start, key) = (RejectionSampler::default(), SystemClock.instant(), key("192.0.2.1"));
        let lines = (0..500).filter(|_| admitted(&sampler, &key, start)).count();
        assert_eq!(lines, 10);
        let soon = start + PERIOD.saturating_sub(SECOND);
        assert!(!admitted(&sampler, &key, soon));
        assert_eq!(sampler.take_ended(soon), []);

        assert!(admitted(&sampler, &key, start + PERIOD));
        assert_eq!(sampler.take_ended(start + PERIOD), [Suppressed { key, count: 491 }]);
        assert_eq!(sampler.take_ended(start + 2 * PERIOD), []);
    }

    // S-85
    #[test]
    fn clients_and_reasons_are_sampled_separately() {
        let (sampler, now) = (RejectionSampler::default(), SystemClock.instant());
        for _ in 0..20 {
            admitted(&sampler, &key("2001:db8:1:2::"), now);
        }
        assert!(!admitted(&sampler, &key("2001:db8:1:2::"), now));
        assert!(admitted(&sampler, &key("2001:db8:1:3::"), now));
        let reason = "unknown_email".to_owned();
        assert!(admitted(&sampler, &Key { reason, ..key("2001:db8:1:2::") }, now));
        assert!(admitted(&sampler, &Key { event: Event::RefreshFailed, ..key("2001:db8:1:2::") }, now));
    }

    // S-85
    #[test]
    fn a_flood_of_addresses_takes_constant_memory_and_few_lines() {
        let (sampler, start) = (RejectionSampler::default(), SystemClock.instant());
        let mut lines = 0;
        for number in 0..100_000_u32 {
            let client = Ipv4Addr::from(number).to_string();
            let flood = Key { reason: number.to_string(), ..key(&client) };
            lines += u64::from(admitted(&sampler, &flood, start));
        }
        assert_eq!(lines, MAX_KEYS as u64 + MAX_LINES);
        assert!(sampler.periods(|periods| periods.by_key.len()) <= MAX_KEYS + 1);

        let others = Key { reason: OTHER.to_owned(), ..key(OTHER) };
        assert_eq!(sampler.take_ended(start + PERIOD), [Suppressed { key: others, count: 100_000 - lines }]);
        assert!(admitted(&sampler, &key("198.51.100.7"), start + PERIOD), "there is room again");
    }
}
