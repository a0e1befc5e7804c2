//! Comparison of a login limiter with the rules.

use std::collections::HashMap;

use async_trait::async_trait;
use auth_domain::model::attempt_window::{Attempt, AttemptLimit, Windows, clear, settle};
use auth_domain::model::{LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket, TicketId};
use auth_domain::ports::{LoginLimiter, PortError, random_bytes};
use time::OffsetDateTime;

use super::attempt_calls::{AttemptCall, AttemptOperation, attempt_calls};
use super::check::check;
use super::sessions::store_error;
use crate::{START, TestEntropy, request_time_at};

/// A login limiter to compare with the rules.
#[async_trait]
pub trait AttemptSubject: Send + Sync {
    /// The limiter.
    fn limiter(&self) -> &dyn LoginLimiter;

    /// The limit of the limiter. A low limit is reached in a short sequence.
    fn limit(&self) -> AttemptLimit;

    /// The stored attempts on an email, from the oldest to the newest, read without the port.
    async fn on_email(&self, email: LimitKey) -> Vec<Attempt>;

    /// The stored attempts from an address, from the oldest to the newest, read without the port.
    async fn on_address(&self, address: LimitKey) -> Vec<Attempt>;

    /// The time of the first call of every sequence, in whole microseconds.
    fn start(&self) -> OffsetDateTime {
        START
    }

    /// The request time at `now`.
    fn request_time(&self, now: OffsetDateTime) -> RequestTime {
        request_time_at(now)
    }
}

/// Runs generated sequences on the rules and on a limiter.
///
/// # Panics
/// If an outcome or a stored attempt differs.
pub async fn compare_attempts(sequences: u32, subject: &dyn AttemptSubject) {
    check(sequences, attempt_calls(), async |calls: Vec<AttemptCall>| {
        Comparison::new(subject).run(&calls).await
    })
    .await;
}

struct Comparison<'a> {
    subject: &'a dyn AttemptSubject,
    emails: [LimitKey; 2],
    addresses: [LimitKey; 2],
    windows: HashMap<LimitKey, Vec<Attempt>>,
    attempts: Vec<LoginAttempt>,
    now: OffsetDateTime,
}

impl<'a> Comparison<'a> {
    fn new(subject: &'a dyn AttemptSubject) -> Self {
        let key = || LimitKey::from_bytes(*random_bytes(&TestEntropy).unwrap());
        Self {
            subject,
            emails: [key(), key()],
            addresses: [key(), key()],
            windows: HashMap::new(),
            attempts: Vec::new(),
            now: subject.start(),
        }
    }

    async fn run(mut self, calls: &[AttemptCall]) -> Result<(), String> {
        for (number, call) in calls.iter().enumerate() {
            self.now += call.after;
            let difference = match &call.operation {
                AttemptOperation::Reserve { email, address } => {
                    self.reserve(self.emails[*email], address.map(|address| self.addresses[address])).await
                }
                AttemptOperation::Settle { .. } if self.attempts.is_empty() => continue,
                AttemptOperation::Settle { attempt, outcome } => {
                    let attempt = self.attempts[attempt.index(self.attempts.len())];
                    self.settle(attempt, *outcome).await
                }
                AttemptOperation::Clear { email } => self.clear(self.emails[*email]).await,
            };
            let difference = difference.map_err(store_error)?;
            if let Some(difference) = difference {
                return Err(format!("call {number} at {}: {call:?}\n{difference}", self.now));
            }
            self.compare_windows()
                .await
                .map_err(|difference| format!("after call {number}: {difference}"))?;
        }
        Ok(())
    }

    async fn reserve(
        &mut self,
        email: LimitKey,
        address: Option<LimitKey>,
    ) -> Result<Option<String>, PortError> {
        let ticket = TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap());
        let attempt = LoginAttempt { ticket, email, address };
        let (expected, windows) = self.subject.limit().reserve(&attempt, self.stored(&attempt), self.now);
        self.store(&attempt, windows);
        let actual = self.subject.limiter().reserve(&attempt, self.request_time()).await?;
        if matches!(expected, Reservation::Reserved(_)) {
            self.attempts.push(attempt);
        }
        let differs = actual != expected;
        Ok(differs.then(|| format!("returns {actual:?}\ninstead of {expected:?}")))
    }

    async fn settle(
        &mut self,
        attempt: LoginAttempt,
        outcome: Settlement,
    ) -> Result<Option<String>, PortError> {
        let ticket = Ticket { attempt };
        let windows = settle(&ticket, outcome, self.stored(&attempt), self.now);
        self.store(&attempt, windows);
        self.subject.limiter().settle(&ticket, outcome, self.request_time()).await?;
        Ok(None)
    }

    async fn clear(&mut self, email: LimitKey) -> Result<Option<String>, PortError> {
        let window = self.windows.entry(email).or_default();
        *window = clear(std::mem::take(window), self.now);
        self.subject.limiter().clear(email, self.request_time()).await?;
        Ok(None)
    }

    async fn compare_windows(&self) -> Result<(), String> {
        let ordered = |mut window: Vec<Attempt>| {
            window.sort_by_key(|attempt| (attempt.at, *attempt.ticket.as_bytes()));
            window
        };
        for key in self.emails.into_iter().chain(self.addresses) {
            let actual = if self.emails.contains(&key) {
                self.subject.on_email(key).await
            } else {
                self.subject.on_address(key).await
            };
            let expected = ordered(self.windows.get(&key).cloned().unwrap_or_default());
            if ordered(actual.clone()) != expected {
                return Err(format!("{key:?} has {actual:#?}\ninstead of {expected:#?}"));
            }
        }
        Ok(())
    }

    fn stored(&self, attempt: &LoginAttempt) -> Windows {
        let window = |key| self.windows.get(&key).cloned().unwrap_or_default();
        Windows { email: window(attempt.email), address: attempt.address.map(window).unwrap_or_default() }
    }

    fn store(&mut self, attempt: &LoginAttempt, windows: Windows) {
        self.windows.insert(attempt.email, windows.email);
        if let Some(address) = attempt.address {
            self.windows.insert(address, windows.address);
        }
    }

    fn request_time(&self) -> RequestTime {
        self.subject.request_time(self.now)
    }
}
