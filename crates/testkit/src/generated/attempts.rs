//! Comparison of a login limiter with the rules.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::attempt_window::{Attempt, LimitBounds, LimitRecords, LoginLimits};
use auth_domain::model::{
    ClearedLimit, LimitKey, LoginAttempt, Origin, RequestTime, Reservation, Settlement, Ticket, TicketId,
};
use auth_domain::ports::{LoginLimiter, PortError, random_bytes};
use time::OffsetDateTime;

use super::attempt_calls::{AttemptCall, AttemptOperation, attempt_calls};
use super::check::check;
use super::comparison::store_error;
use super::limit_model::{LimitModel, every_key};
use crate::{LOGIN_WINDOW, START, TestEntropy, request_time_at};

/// The limits of a limiter that is compared: low, so that short sequences reach them.
pub const GENERATED_LIMITS: LoginLimits = LoginLimits {
    max_failures: 2,
    max_failures_per_address: 2,
    window: LOGIN_WINDOW,
    daily_failures: Some(4),
    known_for: Some(Duration::from_hours(12)),
    bounds: LimitBounds {
        known_addresses: 2,
        emails_per_address: 1,
        failures_per_network: 3,
        // All sequences share one store, so this bound must not be reached.
        daily_emails: u32::MAX,
    },
};

/// A login limiter to compare with the rules, with [`GENERATED_LIMITS`].
#[async_trait]
pub trait AttemptSubject: Send + Sync {
    /// The limiter.
    fn limiter(&self) -> &dyn LoginLimiter;

    /// The stored records of an attempt, read without the port.
    async fn records(&self, attempt: &LoginAttempt) -> LimitRecords;

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
/// If an outcome or a stored record differs.
pub async fn compare_attempts(sequences: u32, subject: &dyn AttemptSubject) {
    check(sequences, attempt_calls(), async |calls: Vec<AttemptCall>| {
        Comparison::new(subject).run(&calls).await
    })
    .await;
}

struct Comparison<'a> {
    subject: &'a dyn AttemptSubject,
    emails: [LimitKey; 2],
    /// The origins of each email.
    origins: [[Origin; 3]; 2],
    model: LimitModel,
    tickets: Vec<Ticket>,
    now: OffsetDateTime,
}

impl<'a> Comparison<'a> {
    fn new(subject: &'a dyn AttemptSubject) -> Self {
        let key = || LimitKey::from_bytes(*random_bytes(&TestEntropy).unwrap());
        let shared = key();
        let addresses = [(key(), Some(shared)), (key(), Some(shared)), (key(), None)];
        let origins =
            || addresses.map(|(address, network)| Origin { address, network, pair: key(), is_exempt: false });
        Self {
            subject,
            emails: [key(), key()],
            origins: [origins(), origins()],
            model: LimitModel::new(GENERATED_LIMITS),
            tickets: Vec::new(),
            now: subject.start(),
        }
    }

    async fn run(mut self, calls: &[AttemptCall]) -> Result<(), String> {
        for (number, call) in calls.iter().enumerate() {
            self.now += call.after;
            let difference = self.apply(&call.operation).await.map_err(store_error)?;
            if let Some(difference) = difference {
                return Err(format!("call {number} at {}: {call:?}\n{difference}", self.now));
            }
            if let AttemptOperation::Reserve { email, address: Some(address), .. } = call.operation {
                let compared = self.compare_records(email, address).await;
                compared.map_err(|difference| format!("after call {number}: {difference}"))?;
            }
        }
        for email in 0..self.emails.len() {
            for address in 0..self.origins[email].len() {
                let compared = self.compare_records(email, address).await;
                compared.map_err(|difference| format!("at the end: {difference}"))?;
            }
        }
        Ok(())
    }

    async fn apply(&mut self, operation: &AttemptOperation) -> Result<Option<String>, PortError> {
        let (limiter, request_time) = (self.subject.limiter(), self.subject.request_time(self.now));
        match operation {
            AttemptOperation::Reserve { email, address, is_exempt } => {
                return self.reserve(self.attempt(*email, *address, *is_exempt)).await;
            }
            AttemptOperation::Settle { .. } if self.tickets.is_empty() => {}
            AttemptOperation::Settle { attempt, outcome } => {
                self.settle(self.tickets[attempt.index(self.tickets.len())], *outcome).await?;
            }
            AttemptOperation::ClearEmail { email } => {
                self.clear(ClearedLimit::Email(self.emails[*email])).await?;
            }
            AttemptOperation::ClearAddress { address } => {
                let Origin { address, network, .. } = self.origins[0][*address];
                self.clear(ClearedLimit::Address { address, network }).await?;
            }
            AttemptOperation::Forget { email } => {
                self.model.forget_addresses(self.emails[*email], self.now);
                limiter.forget_addresses(self.emails[*email], request_time).await?;
            }
            AttemptOperation::Status { email } => {
                let expected = self.model.status(self.emails[*email], self.now);
                let actual = limiter.status(self.emails[*email], request_time).await?;
                return Ok(difference(&actual, &expected));
            }
        }
        Ok(None)
    }

    fn attempt(&self, email: usize, address: Option<usize>, is_exempt: bool) -> LoginAttempt {
        let origin = address.map(|address| Origin { is_exempt, ..self.origins[email][address] });
        let ticket = TicketId::from_bytes(*random_bytes(&TestEntropy).unwrap());
        LoginAttempt { ticket, email: self.emails[email], origin }
    }

    async fn reserve(&mut self, attempt: LoginAttempt) -> Result<Option<String>, PortError> {
        let expected = self.model.reserve(&attempt, self.now);
        let request_time = self.subject.request_time(self.now);
        let actual = self.subject.limiter().reserve(&attempt, request_time).await?;
        if let Reservation::Reserved(ticket) = expected {
            self.tickets.push(ticket);
        }
        Ok(difference(&actual, &expected))
    }

    async fn settle(&mut self, ticket: Ticket, outcome: Settlement) -> Result<(), PortError> {
        self.model.settle(&ticket, outcome, self.now);
        self.subject.limiter().settle(&ticket, outcome, self.subject.request_time(self.now)).await
    }

    async fn clear(&mut self, cleared: ClearedLimit) -> Result<(), PortError> {
        self.model.clear(cleared, self.now);
        self.subject.limiter().clear(cleared, self.subject.request_time(self.now)).await
    }

    async fn compare_records(&self, email: usize, address: usize) -> Result<(), String> {
        let attempt = self.attempt(email, Some(address), false);
        let expected = ordered(&attempt, self.model.records(&attempt));
        let actual = ordered(&attempt, self.subject.records(&attempt).await);
        difference(&actual, &expected).map_or(Ok(()), Err)
    }
}

fn difference<T: PartialEq + std::fmt::Debug>(actual: &T, expected: &T) -> Option<String> {
    (actual != expected).then(|| format!("is {actual:#?}\ninstead of {expected:#?}"))
}

/// The records with attempts of the same time in the order of their tickets.
fn ordered(attempt: &LoginAttempt, mut records: LimitRecords) -> LimitRecords {
    for key in every_key(attempt) {
        let mut window: Vec<Attempt> = records.window(key).to_vec();
        window.sort_by_key(|attempt| (attempt.at, *attempt.ticket.as_bytes()));
        records.set_window(key, window);
    }
    records
}
