//! The rules of the login limit, with a fault in their input or output.

use std::time::Duration;

use auth_domain::model::attempt_window::{self, Attempt, AttemptState, Windows};
use auth_domain::model::{
    LoginAttempt, Reservation, Settlement, Ticket, to_microseconds, to_unix_microseconds,
};
use auth_testkit::LOGIN_WINDOW;
use time::OffsetDateTime;

use super::LIMIT;
use super::fault::Fault;

/// Counts an attempt on both limit keys, without checking the limit.
pub(super) fn count(windows: &mut Windows, attempt: &LoginAttempt, now: OffsetDateTime) {
    let counted = Attempt {
        at: to_unix_microseconds(now),
        ticket: attempt.ticket,
        email: attempt.email,
        state: AttemptState::InFlight,
    };
    windows.email.push(counted);
    windows.address.extend(attempt.address.map(|_| counted));
}

pub(super) fn reserve(
    fault: Option<Fault>,
    attempt: &LoginAttempt,
    stored: Windows,
    now: OffsetDateTime,
) -> (Reservation, Windows) {
    let Some(fault) = fault else { return LIMIT.reserve(attempt, stored, now) };
    let (mut read, mut now) = (stored.clone(), now);
    let hidden = perturb_stored(fault, &mut read, &mut now);
    let first_key = LIMIT.reserve(&LoginAttempt { address: None, ..*attempt }, read.clone(), now).0;
    let (mut reservation, mut windows) = LIMIT.reserve(attempt, read, now);
    windows.email.extend(hidden.email);
    windows.address.extend(hidden.address);
    match (fault, &mut reservation) {
        (Fault::RejectsOnInFlight, Reservation::Busy(key)) => {
            reservation = Reservation::Rejected { key: *key, retry_after: Duration::from_secs(1) };
        }
        (Fault::BusyBeforeRejected, Reservation::Rejected { key, .. }) => {
            reservation = Reservation::Busy(*key);
        }
        (Fault::RetryAfterIsTheWindow, Reservation::Rejected { retry_after, .. }) => {
            *retry_after = LOGIN_WINDOW;
        }
        (Fault::RetryAfterOfTheFirstKey, Reservation::Rejected { .. })
            if matches!(first_key, Reservation::Rejected { .. }) =>
        {
            reservation = first_key;
        }
        (Fault::RejectedAttemptsCount, Reservation::Rejected { .. } | Reservation::Busy(_)) => {
            count(&mut windows, attempt, now);
        }
        (Fault::RejectedAttemptsCountOnTheOtherKey, Reservation::Rejected { .. } | Reservation::Busy(_)) => {
            let email = windows.email.clone();
            count(&mut windows, attempt, now);
            windows.email = email;
        }
        (Fault::FutureTimeIsAlwaysNow, reservation) => {
            windows = stored;
            if matches!(reservation, Reservation::Reserved(_)) {
                count(&mut windows, attempt, now);
            }
        }
        _ => {}
    }
    (reservation, windows)
}

/// Changes the input of the rule; returns the stored attempts that are hidden from it.
fn perturb_stored(fault: Fault, read: &mut Windows, now: &mut OffsetDateTime) -> Windows {
    let microseconds = to_unix_microseconds(*now);
    let timed_out = move |attempt: &Attempt| {
        attempt.state == AttemptState::InFlight
            && attempt.at <= microseconds - to_microseconds(Ticket::SETTLEMENT_TIMEOUT)
    };
    let mut hidden = Windows::default();
    match fault {
        Fault::NoEmailKey => hidden.email = std::mem::take(&mut read.email),
        Fault::InFlightIsNotCounted => {
            for (window, hidden) in
                [(&mut read.email, &mut hidden.email), (&mut read.address, &mut hidden.address)]
            {
                *hidden = window.extract_if(.., |attempt| attempt.state == AttemptState::InFlight).collect();
            }
        }
        Fault::FutureTimeIsAccepted => {
            let times = read.email.iter().chain(&read.address).map(|attempt| attempt.at);
            let latest = times.max().unwrap_or(microseconds).max(microseconds);
            *now += Duration::from_micros((latest - microseconds).unsigned_abs());
        }
        _ => {}
    }
    for window in [&mut read.email, &mut read.address] {
        match fault {
            Fault::FixedWindow => {
                let length = to_microseconds(LOGIN_WINDOW);
                for attempt in window {
                    attempt.at -= attempt.at.rem_euclid(length);
                }
            }
            Fault::UnsettledIsRemoved => window.retain(|attempt| !timed_out(attempt)),
            Fault::UnsettledStaysInFlight => {
                window
                    .iter_mut()
                    .filter(|attempt| timed_out(attempt))
                    .for_each(|attempt| attempt.at = microseconds);
            }
            Fault::ClockGoingBackReopens => window.retain(|attempt| attempt.at <= microseconds),
            _ => {}
        }
    }
    hidden
}

pub(super) fn settle(
    fault: Option<Fault>,
    ticket: &Ticket,
    outcome: Settlement,
    stored: &Windows,
    now: OffsetDateTime,
) -> Windows {
    let settled = |outcome| attempt_window::settle(ticket, outcome, stored.clone(), now);
    let is_own = |attempt: &Attempt| attempt.ticket == ticket.attempt.ticket;
    let mut windows = settled(outcome);
    match (fault, outcome) {
        (Some(Fault::SuccessClearsNothing), Settlement::Succeeded) => settled(Settlement::Abandoned),
        (Some(Fault::AbandonedCounts), Settlement::Abandoned) => settled(Settlement::Failed),
        (Some(Fault::AbandonedClears), Settlement::Abandoned) => settled(Settlement::Succeeded),
        (Some(Fault::SuccessKeepsItsShareOfTheAddress), Settlement::Succeeded) => {
            Windows { address: settled(Settlement::Abandoned).address, ..windows }
        }
        (Some(Fault::SuccessClearsTheWholeAddress), Settlement::Succeeded) => {
            windows.address.retain(|attempt| attempt.state == AttemptState::InFlight);
            windows
        }
        (Some(Fault::SuccessClearsInFlight), Settlement::Succeeded) => {
            windows.email.clear();
            windows.address.retain(|attempt| attempt.email != ticket.attempt.email);
            windows
        }
        (Some(Fault::RepeatedFailureCountsTwice), Settlement::Failed) => {
            let failed_before = stored.email.iter().find(|attempt| is_own(attempt));
            let again = failed_before.filter(|attempt| attempt.state == AttemptState::Failed).copied();
            windows.email.extend(again);
            windows
        }
        (Some(Fault::FailureCountsFromItsSettlement), Settlement::Failed) => {
            for attempt in
                windows.email.iter_mut().chain(&mut windows.address).filter(|attempt| is_own(attempt))
            {
                attempt.at = to_unix_microseconds(now);
            }
            windows
        }
        _ => windows,
    }
}
