//! The outcomes of attempts.

use time::OffsetDateTime;

use super::attempt::{Attempt, AttemptState};
use super::limits::LoginLimits;
use super::records::LimitRecords;
use super::window::clear;
use crate::model::{LimitKey, Settlement, Ticket, to_unix_microseconds};

impl LoginLimits {
    /// Settles an attempt that is in flight. Returns the records to store. Repeating it changes nothing.
    ///
    /// A success makes the address known. It removes what it proves harmless: from a known address the failures on the
    /// pair, otherwise those on the email; the daily count of that class; and the failures on the same email from the
    /// same address and network. Failures of strangers stay when the owner logs in from a known address: otherwise each
    /// login of the owner would allow a guesser ten more attempts.
    #[must_use]
    pub fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        stored: LimitRecords,
        now: OffsetDateTime,
    ) -> LimitRecords {
        let mut records = stored;
        let keys = every_key(ticket);
        records.daily = records.daily.and_then(|daily| daily.slide(to_unix_microseconds(now)));
        if outcome == Settlement::Abandoned {
            give_back(ticket, &mut records);
        }
        for key in &keys {
            records.update(*key, |window| settle_own(window, ticket, outcome));
        }
        match outcome {
            Settlement::Abandoned => {}
            Settlement::Failed => {
                let now = to_unix_microseconds(now);
                self.enter_daily_count(&ticket.attempt, ticket.is_known, &mut records, now);
            }
            Settlement::Succeeded => self.succeed(ticket, &mut records, now),
        }
        records
    }

    fn succeed(&self, ticket: &Ticket, records: &mut LimitRecords, now: OffsetDateTime) {
        let (attempt, mut counted) =
            (&ticket.attempt, ticket.attempt.counted_on(ticket.is_known).into_iter());
        if let Some((_, key)) = counted.next() {
            records.update(key, |window| clear(window, now));
        }
        for (_, key) in counted {
            records.update(key, |mut window| {
                window.retain(|other| other.email != attempt.email || other.state == AttemptState::InFlight);
                window
            });
        }
        records.daily = records.daily.and_then(|mut daily| {
            daily.clear(ticket.is_known);
            daily.or_none()
        });
        self.remember(attempt, records, to_unix_microseconds(now));
    }
}

/// Takes an abandoned attempt out of the daily count. The window that contains it shows its class. The ticket does not show
/// it if the reservation had no answer.
fn give_back(ticket: &Ticket, records: &mut LimitRecords) {
    let attempt = &ticket.attempt;
    let classes = [(false, Some(attempt.email)), (true, attempt.origin.map(|origin| origin.pair))];
    for (is_known, key) in classes {
        let Some(key) = key else { continue };
        let own = records.window(key).iter().find(|other| is_own(other, ticket)).copied();
        records.daily = records.daily.and_then(|mut daily| {
            if let Some(own) = own {
                daily.remove(is_known, own.at);
            }
            daily.or_none()
        });
    }
}

/// The limit keys that may count the attempt.
fn every_key(ticket: &Ticket) -> Vec<LimitKey> {
    let attempt = &ticket.attempt;
    let counted = attempt.counted_on(false).into_iter().map(|(_, key)| key);
    counted.chain(attempt.origin.map(|origin| origin.pair)).collect()
}

fn settle_own(mut window: Vec<Attempt>, ticket: &Ticket, outcome: Settlement) -> Vec<Attempt> {
    match outcome {
        Settlement::Failed => {
            for attempt in window.iter_mut().filter(|attempt| is_own(attempt, ticket)) {
                attempt.state = AttemptState::Failed;
            }
        }
        Settlement::Succeeded | Settlement::Abandoned => window.retain(|attempt| !is_own(attempt, ticket)),
    }
    window
}

fn is_own(attempt: &Attempt, ticket: &Ticket) -> bool {
    attempt.ticket == ticket.attempt.ticket
        && attempt.email == ticket.attempt.email
        && attempt.state == AttemptState::InFlight
}
