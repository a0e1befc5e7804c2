//! The outcomes of attempts.

use time::OffsetDateTime;

use super::attempt::{Attempt, AttemptState, Windows};
use crate::model::{Settlement, Ticket, to_unix_microseconds};

/// Settles an attempt that is in flight. Returns the windows to store. Repeating it changes nothing.
///
/// A success removes the failures on the email, and those on the same email from the same address.
#[must_use]
pub fn settle(ticket: &Ticket, outcome: Settlement, stored: Windows, now: OffsetDateTime) -> Windows {
    let Windows { mut email, mut address } = stored;
    for window in [&mut email, &mut address] {
        settle_own(window, ticket, outcome);
    }
    match outcome {
        Settlement::Failed | Settlement::Abandoned => {}
        Settlement::Succeeded => {
            email = clear(email, now);
            address.retain(|attempt| {
                attempt.email != ticket.attempt.email || attempt.state == AttemptState::InFlight
            });
        }
    }
    Windows { email, address }
}

/// Removes the failures on an email. Returns the window to store: the attempts in flight.
#[must_use]
pub fn clear(mut email: Vec<Attempt>, now: OffsetDateTime) -> Vec<Attempt> {
    let now = to_unix_microseconds(now);
    email.retain(|attempt| !attempt.is_failure(now));
    email
}

fn settle_own(window: &mut Vec<Attempt>, ticket: &Ticket, outcome: Settlement) {
    let is_own = |attempt: &Attempt| {
        attempt.ticket == ticket.attempt.ticket
            && attempt.email == ticket.attempt.email
            && attempt.state == AttemptState::InFlight
    };
    match outcome {
        Settlement::Failed => {
            for attempt in window.iter_mut().filter(|attempt| is_own(attempt)) {
                attempt.state = AttemptState::Failed;
            }
        }
        Settlement::Succeeded | Settlement::Abandoned => window.retain(|attempt| !is_own(attempt)),
    }
}
