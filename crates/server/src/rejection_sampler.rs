//! Sampling of rejections in the log, so that one client cannot fill it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::{ClientAddress, Event};
use tracing::info;

/// The number of rejections of one client and reason that are logged one by one in a period.
const MAX_LINES: u64 = 10;
/// The length of a period, which begins with its first rejection.
const PERIOD: Duration = Duration::from_mins(1);
/// The most pairs of client and reason that are counted at a time. Further clients share one count per reason.
const MAX_KEYS: usize = 4_096;

/// The client that was rejected, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    client: Client,
    /// The name of the event.
    event: &'static str,
    reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Client {
    Known(ClientAddress),
    /// A trusted proxy sent no client address.
    Unknown,
    /// A client that was rejected when all keys were in use.
    Other,
}

#[derive(Debug)]
struct Period {
    ends_at: Instant,
    rejections: u64,
}

/// The number of rejections of one key that were not logged.
#[derive(Debug, PartialEq, Eq)]
struct Suppressed {
    key: Key,
    count: u64,
}

/// A sampler that admits the first ten rejections per minute of each client and reason to the log. After the minute, it logs
/// the number of the others.
#[derive(Default)]
pub(crate) struct RejectionSampler(Mutex<Periods>);

#[derive(Default)]
struct Periods {
    by_key: HashMap<Key, Period>,
    /// The earliest end of any period.
    next_end: Option<Instant>,
}

impl RejectionSampler {
    /// Counts a rejection, and returns whether it is logged.
    pub(crate) fn admits(
        &self,
        client: Option<ClientAddress>,
        event: &'static str,
        reason: String,
        now: Instant,
    ) -> bool {
        let client = client.map_or(Client::Unknown, Client::Known);
        let (is_admitted, over) = self.note(Key { client, event, reason }, now);
        over.iter().for_each(log);
        is_admitted
    }

    /// Logs the counts of periods that are over at `now`.
    pub(crate) fn report(&self, now: Instant) {
        let over = self.periods(|periods| periods.take_over(now));
        over.iter().for_each(log);
    }

    /// Logs all counts. The process calls this at its end.
    pub(crate) fn report_all(&self) {
        let all = self.periods(|periods| suppressed(periods.by_key.drain()));
        all.iter().for_each(log);
    }

    fn note(&self, key: Key, now: Instant) -> (bool, Vec<Suppressed>) {
        self.periods(|periods| {
            let over = periods.take_over(now);
            (periods.count(key, now) <= MAX_LINES, over)
        })
    }

    fn periods<T>(&self, action: impl FnOnce(&mut Periods) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Periods {
    /// Counts a rejection, and returns its number within the period.
    fn count(&mut self, mut key: Key, now: Instant) -> u64 {
        if self.by_key.len() >= MAX_KEYS && !self.by_key.contains_key(&key) {
            key.client = Client::Other;
        }
        let period = self.by_key.entry(key).or_insert(Period { ends_at: now + PERIOD, rejections: 0 });
        period.rejections += 1;
        self.next_end = Some(self.next_end.map_or(period.ends_at, |next| next.min(period.ends_at)));
        period.rejections
    }

    /// Removes the periods that are over, and returns their suppressed rejections. It scans the periods only if one has ended.
    fn take_over(&mut self, now: Instant) -> Vec<Suppressed> {
        if self.next_end.is_none_or(|next| now < next) {
            return Vec::new();
        }
        let over = suppressed(self.by_key.extract_if(|_, period| period.ends_at <= now));
        self.next_end = self.by_key.values().map(|period| period.ends_at).min();
        over
    }
}

fn suppressed(periods: impl Iterator<Item = (Key, Period)>) -> Vec<Suppressed> {
    let counts = periods.map(|(key, period)| (key, period.rejections.saturating_sub(MAX_LINES)));
    counts.filter(|(_, count)| *count > 0).map(|(key, count)| Suppressed { key, count }).collect()
}

fn log(Suppressed { key, count }: &Suppressed) {
    let client = match key.client {
        Client::Known(client) => client.ip().to_string(),
        Client::Unknown => "-".to_owned(),
        Client::Other => "other".to_owned(),
    };
    let (suppressed, reason) = (key.event, key.reason.as_str());
    info!(
        event = Event::RejectionsSuppressed.name(),
        client, suppressed, reason, count, "more rejections than the log shows one by one"
    );
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use auth_domain::ports::Clock;

    use super::*;
    use crate::system::SystemClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn from(address: &str) -> Key {
        let client = Client::Known(ClientAddress::new(address.parse().unwrap()));
        Key { client, event: "login_failed", reason: "wrong_password".to_owned() }
    }

    fn admitted(sampler: &RejectionSampler, key: &Key, now: Instant) -> bool {
        sampler.note(key.clone(), now).0
    }

    // S-85
    #[test]
    fn ten_lines_a_minute_and_one_with_the_number_of_others() {
        let (sampler, start, key) = (RejectionSampler::default(), SystemClock.instant(), from("192.0.2.1"));
        let lines = (0..500).filter(|_| admitted(&sampler, &key, start)).count();
        assert_eq!(lines, 10);
        let (is_admitted, over) = sampler.note(key.clone(), start + PERIOD.saturating_sub(SECOND));
        assert_eq!((is_admitted, over), (false, Vec::new()));

        let (is_admitted, over) = sampler.note(key.clone(), start + PERIOD);
        assert_eq!((is_admitted, over), (true, vec![Suppressed { key: key.clone(), count: 491 }]));
        assert_eq!(sampler.periods(|periods| periods.take_over(start + 2 * PERIOD)), []);
    }

    // S-85
    #[test]
    fn clients_and_reasons_are_sampled_separately() {
        let (sampler, now) = (RejectionSampler::default(), SystemClock.instant());
        for _ in 0..20 {
            admitted(&sampler, &from("2001:db8:1:2::1"), now);
        }
        assert!(!admitted(&sampler, &from("2001:db8:1:2:ffff::9"), now));
        assert!(admitted(&sampler, &from("2001:db8:1:3::1"), now));
        let reason = "unknown_email".to_owned();
        assert!(admitted(&sampler, &Key { reason, ..from("2001:db8:1:2::1") }, now));
        assert!(admitted(&sampler, &Key { client: Client::Unknown, ..from("192.0.2.1") }, now));
    }

    // S-85
    #[test]
    fn a_flood_of_addresses_takes_constant_memory_and_few_lines() {
        let (sampler, start) = (RejectionSampler::default(), SystemClock.instant());
        let mut lines = 0;
        for number in 0..100_000_u32 {
            let client = Client::Known(ClientAddress::new(IpAddr::from(number.to_be_bytes())));
            lines += u64::from(admitted(&sampler, &Key { client, ..from("192.0.2.1") }, start));
        }
        assert_eq!(lines, MAX_KEYS as u64 + MAX_LINES);
        assert!(sampler.periods(|periods| periods.by_key.len()) <= MAX_KEYS + 1);

        let over = sampler.periods(|periods| periods.take_over(start + PERIOD));
        let key = Key { client: Client::Other, ..from("192.0.2.1") };
        assert_eq!(over, [Suppressed { key, count: 100_000 - lines }]);
        assert!(admitted(&sampler, &from("198.51.100.7"), start + PERIOD), "the next period has room again");
    }
}
