//! The records of a login limiter in memory, which the rules change.

use std::collections::HashMap;

use auth_domain::model::attempt_window::{Attempt, DailyCount, LimitRecords, LoginLimits, Success, clear};
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, Reservation, Settlement, Ticket,
};
use time::OffsetDateTime;

/// What a login limiter stores.
#[derive(Clone, Debug)]
pub struct LimitModel {
    /// The limits.
    pub limits: LoginLimits,
    windows: HashMap<LimitKey, Vec<Attempt>>,
    /// The successes of emails and from addresses.
    successes: HashMap<LimitKey, Vec<Success>>,
    daily: HashMap<LimitKey, DailyCount>,
}

impl LimitModel {
    /// A model that stores nothing yet.
    #[must_use]
    pub fn new(limits: LoginLimits) -> Self {
        Self { limits, windows: HashMap::new(), successes: HashMap::new(), daily: HashMap::new() }
    }

    /// Applies the rule of a reservation.
    pub fn reserve(&mut self, attempt: &LoginAttempt, now: OffsetDateTime) -> Reservation {
        let (reservation, records) = self.limits.reserve(attempt, self.records(attempt), now);
        self.store(attempt, &records);
        reservation
    }

    /// Applies the rule of a settlement.
    pub fn settle(&mut self, ticket: &Ticket, outcome: Settlement, now: OffsetDateTime) {
        let records = self.limits.settle(ticket, outcome, self.records(&ticket.attempt), now);
        self.store(&ticket.attempt, &records);
    }

    /// Clears what an administrator clears.
    pub fn clear(&mut self, cleared: ClearedLimit, now: OffsetDateTime) {
        match cleared {
            ClearedLimit::Email(email) => {
                self.forget_addresses(email, now);
                self.daily.remove(&email);
                self.clear_window(email, now);
            }
            ClearedLimit::Address { address, network } => {
                self.clear_window(address, now);
                if let Some(network) = network {
                    self.clear_window(network, now);
                }
            }
        }
    }

    /// Forgets the known addresses of an email, with their failures on it.
    pub fn forget_addresses(&mut self, email: LimitKey, now: OffsetDateTime) {
        for success in self.successes.remove(&email).unwrap_or_default() {
            self.clear_window(success.pair, now);
        }
    }

    /// The status of an email.
    #[must_use]
    pub fn status(&self, email: LimitKey, now: OffsetDateTime) -> EmailLimitStatus {
        let mut records = LimitRecords::default();
        records.set_window(email, self.windows.get(&email).cloned().unwrap_or_default());
        records.known_addresses = self.successes_on(email);
        records.daily = self.daily.get(&email).copied();
        self.limits.status(email, records, now)
    }

    /// The records of an attempt.
    #[must_use]
    pub fn records(&self, attempt: &LoginAttempt) -> LimitRecords {
        let mut records = LimitRecords::default();
        for key in every_key(attempt) {
            records.set_window(key, self.windows.get(&key).cloned().unwrap_or_default());
        }
        records.known_addresses = self.successes_on(attempt.email);
        records.known_emails =
            attempt.address().map(|address| self.successes_on(address)).unwrap_or_default();
        records.daily = self.daily.get(&attempt.email).copied();
        records
    }

    /// Stores the records of an attempt.
    pub fn store(&mut self, attempt: &LoginAttempt, records: &LimitRecords) {
        for key in every_key(attempt) {
            self.windows.insert(key, records.window(key).to_vec());
        }
        self.successes.insert(attempt.email, records.known_addresses.clone());
        if let Some(address) = attempt.address() {
            self.successes.insert(address, records.known_emails.clone());
        }
        match records.daily {
            Some(daily) => self.daily.insert(attempt.email, daily),
            None => self.daily.remove(&attempt.email),
        };
    }

    /// All windows by their limit keys.
    pub fn windows_mut(&mut self) -> impl Iterator<Item = (&LimitKey, &mut Vec<Attempt>)> {
        self.windows.iter_mut()
    }

    fn successes_on(&self, key: LimitKey) -> Vec<Success> {
        self.successes.get(&key).cloned().unwrap_or_default()
    }

    fn clear_window(&mut self, key: LimitKey, now: OffsetDateTime) {
        if let Some(window) = self.windows.get_mut(&key) {
            *window = clear(std::mem::take(window), now);
        }
    }
}

/// The limit keys that may count an attempt.
pub(super) fn every_key(attempt: &LoginAttempt) -> Vec<LimitKey> {
    let counted = attempt.counted_on(false).into_iter().map(|(_, key)| key);
    counted.chain(attempt.origin.map(|origin| origin.pair)).collect()
}
