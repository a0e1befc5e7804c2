//! The attempts of the last window, and what is counted of them.

use std::time::Duration;

use auth_domain::model::{LimitKey, LoginAttempt, Reservation, Settlement, Ticket};
use auth_testkit::{LOGIN_LIMIT, LOGIN_WINDOW};
use time::OffsetDateTime;

use super::Fault;

pub(super) struct Window {
    entries: Vec<Entry>,
    fault: Option<Fault>,
}

#[derive(Clone, Copy)]
struct Entry {
    attempt: LoginAttempt,
    at: OffsetDateTime,
    failed: bool,
    on_email: bool,
    on_address: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Email,
    Address,
}

impl Window {
    pub(super) fn new(fault: Option<Fault>) -> Self {
        Self { entries: Vec::new(), fault }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Decides about an attempt without counting it.
    pub(super) fn judge(&mut self, attempt: &LoginAttempt, now: OffsetDateTime) -> Reservation {
        let stored = self.entries.clone();
        let now = self.without_the_future(attempt, now);
        let reservation = self.reservation(attempt, now);
        if self.has(Fault::FutureTimeIsNowForEver) {
            self.entries = stored;
        }
        reservation
    }

    fn reservation(&self, attempt: &LoginAttempt, now: OffsetDateTime) -> Reservation {
        let keys = [(Kind::Email, Some(attempt.email)), (Kind::Address, attempt.address)];
        let rejections = keys.map(|(kind, key)| self.retry_after(kind, key, now));
        let busy = keys.into_iter().find_map(|(kind, key)| self.busy(kind, key, now));
        let retry_after = match self.fault {
            Some(Fault::RetryAfterOfTheFirstKey) => rejections.into_iter().flatten().next(),
            Some(Fault::RetryAfterIsTheWindow) => {
                rejections.into_iter().flatten().max().map(|_| LOGIN_WINDOW)
            }
            _ => rejections.into_iter().flatten().max(),
        };
        let [on_email, on_address] = rejections;
        let key = attempt.address.filter(|_| on_address > on_email).unwrap_or(attempt.email);
        match (retry_after, busy) {
            (Some(_), Some(full)) if self.has(Fault::BusyBeforeRejected) => Reservation::Busy(full),
            (Some(retry_after), _) => Reservation::Rejected { key, retry_after },
            (None, Some(key)) if self.has(Fault::RejectsOnInFlight) => {
                Reservation::Rejected { key, retry_after: Duration::from_secs(1) }
            }
            (None, Some(full)) => Reservation::Busy(full),
            (None, None) => Reservation::Reserved(Ticket { attempt: *attempt }),
        }
    }

    /// Lets stored times later than `now` count as `now`; returns the time to judge by.
    fn without_the_future(&mut self, attempt: &LoginAttempt, now: OffsetDateTime) -> OffsetDateTime {
        let of_these = |entry: &&mut Entry| {
            entry.attempt.email == attempt.email || entry.attempt.address == attempt.address
        };
        match self.fault {
            Some(Fault::ClockGoingBackReopens) => now,
            Some(Fault::FutureTimeIsBelieved) => {
                self.entries.iter().map(|entry| entry.at).fold(now, OffsetDateTime::max)
            }
            _ => {
                let these = self.entries.iter_mut().filter(of_these);
                these.filter(|entry| entry.at > now).for_each(|entry| entry.at = now);
                now
            }
        }
    }

    /// Counts an attempt that was let in.
    pub(super) fn take(
        &mut self,
        attempt: &LoginAttempt,
        verdict: Reservation,
        now: OffsetDateTime,
    ) -> Reservation {
        let (on_email, on_address) = match verdict {
            Reservation::Reserved(_) => (true, attempt.address.is_some()),
            _ if self.has(Fault::RejectedAttemptsCount) => (true, attempt.address.is_some()),
            _ if self.has(Fault::RejectedAttemptsCountOnTheOtherKey) => (false, attempt.address.is_some()),
            Reservation::Busy(_) | Reservation::Rejected { .. } => return verdict,
        };
        self.entries.push(Entry { attempt: *attempt, at: now, failed: false, on_email, on_address });
        verdict
    }

    fn retry_after(&self, kind: Kind, key: Option<LimitKey>, now: OffsetDateTime) -> Option<Duration> {
        let mut failures: Vec<_> = self
            .counted(kind, key, now)
            .filter(|entry| entry.failed || self.is_given_up(entry, now))
            .map(|entry| self.leaves_at(entry))
            .collect();
        failures.sort();
        let first_to_leave = failures.len().checked_sub(LOGIN_LIMIT as usize)?;
        (failures[first_to_leave] - now).try_into().ok()
    }

    fn busy(&self, kind: Kind, key: Option<LimitKey>, now: OffsetDateTime) -> Option<LimitKey> {
        let counted = self
            .counted(kind, key, now)
            .filter(|entry| entry.failed || !self.has(Fault::InFlightNotCounted))
            .count();
        key.filter(|_| counted >= LOGIN_LIMIT as usize)
    }

    /// The entries that count on this kind now.
    fn counted(
        &self,
        kind: Kind,
        key: Option<LimitKey>,
        now: OffsetDateTime,
    ) -> impl Iterator<Item = &Entry> {
        let ignored = match self.fault {
            Some(Fault::NoEmailKey) => kind == Kind::Email,
            Some(Fault::NoAddressKey) => kind == Kind::Address,
            Some(Fault::MissingAddressIsOneAddress) => false,
            _ => key.is_none(),
        };
        self.entries
            .iter()
            .filter(move |_| !ignored)
            .filter(move |entry| match kind {
                Kind::Email => entry.on_email && Some(entry.attempt.email) == key,
                Kind::Address if self.has(Fault::MissingAddressIsOneAddress) => entry.attempt.address == key,
                Kind::Address => entry.on_address && entry.attempt.address == key,
            })
            .filter(move |entry| now < self.leaves_at(entry))
            .filter(move |entry| entry.at <= now || !self.has(Fault::ClockGoingBackReopens))
            .filter(move |entry| {
                entry.failed
                    || !self.has(Fault::UnsettledForgotten)
                    || now < entry.at + Ticket::SETTLEMENT_TIMEOUT
            })
    }

    fn leaves_at(&self, entry: &Entry) -> OffsetDateTime {
        if self.has(Fault::FixedWindow) {
            let window = i64::try_from(LOGIN_WINDOW.as_secs()).unwrap();
            let nth = entry.at.unix_timestamp() / window;
            return OffsetDateTime::from_unix_timestamp((nth + 1) * window).unwrap();
        }
        entry.at + LOGIN_WINDOW
    }

    fn is_given_up(&self, entry: &Entry, now: OffsetDateTime) -> bool {
        now >= entry.at + Ticket::SETTLEMENT_TIMEOUT && !self.has(Fault::UnsettledStaysInFlight)
    }

    pub(super) fn settle(&mut self, ticket: &Ticket, outcome: Settlement, now: OffsetDateTime) {
        let own = |entry: &Entry| entry.attempt == ticket.attempt;
        let Some(position) = self.entries.iter().position(own) else { return };
        match outcome {
            Settlement::Failed => self.fail(position, now),
            Settlement::Abandoned if self.has(Fault::AbandonedCounts) => self.fail(position, now),
            Settlement::Abandoned => {
                let entry = self.entries.remove(position);
                if self.has(Fault::AbandonedClears) {
                    self.forget_share(&entry);
                }
            }
            Settlement::Succeeded => {
                let entry = self.entries.remove(position);
                if !self.has(Fault::SuccessClearsNothing) {
                    self.forget_share(&entry);
                }
            }
        }
    }

    fn fail(&mut self, position: usize, now: OffsetDateTime) {
        if self.entries[position].failed && self.has(Fault::RepeatedFailureCountsTwice) {
            self.entries.push(self.entries[position]);
        }
        self.entries[position].failed = true;
        if self.has(Fault::FailureCountsFromItsReport) {
            self.entries[position].at = now;
        }
    }

    /// Frees the email, and of the address what this email took there.
    fn forget_share(&mut self, success: &Entry) {
        let fault = self.fault;
        for entry in self
            .entries
            .iter_mut()
            .filter(|entry| entry.failed || fault == Some(Fault::SuccessClearsInFlight))
        {
            let same_email = entry.attempt.email == success.attempt.email;
            let same_address = entry.attempt.address == success.attempt.address;
            entry.on_email &= !same_email;
            entry.on_address &= match fault {
                Some(Fault::SuccessKeepsItsShareOfTheAddress) => true,
                Some(Fault::SuccessClearsTheWholeAddress) => !same_address,
                Some(Fault::SuccessClearsOtherAddresses) => !same_email,
                _ => !(same_email && same_address),
            };
        }
    }

    pub(super) fn clear(&mut self, email: LimitKey) {
        let fault = self.fault;
        for entry in self.entries.iter_mut().filter(|entry| entry.failed) {
            let named = entry.attempt.email == email || fault == Some(Fault::ClearFreesEverybody);
            entry.on_email &= !named || fault == Some(Fault::ClearDoesNothing);
            entry.on_address &= !(named && fault == Some(Fault::ClearFreesTheAddresses));
        }
    }
}
