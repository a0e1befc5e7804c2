//! The rules of the login limit, with a fault in their input or output.

use std::time::Duration;

use auth_domain::model::attempt_window::{
    Attempt, AttemptState, DailyClass, DailyCount, LimitRecords, LoginLimits,
};
use auth_domain::model::{
    LimitKey, LoginAttempt, LoginLimit, Reservation, Settlement, Ticket, to_microseconds,
    to_unix_microseconds,
};
use auth_testkit::{LOGIN_LIMITS, LOGIN_WINDOW};
use time::OffsetDateTime;

use super::fault::Fault;

/// The limit keys of the email and of the address.
fn keys(attempt: &LoginAttempt) -> impl Iterator<Item = LimitKey> {
    [attempt.email].into_iter().chain(attempt.address())
}

fn change(records: &mut LimitRecords, key: LimitKey, change: impl FnOnce(&mut Vec<Attempt>)) {
    let mut window = records.window(key).to_vec();
    change(&mut window);
    records.set_window(key, window);
}

/// Counts an attempt on both limit keys, without checking the limit.
pub(super) fn count(records: &mut LimitRecords, attempt: &LoginAttempt, now: OffsetDateTime) {
    for key in keys(attempt) {
        count_on(records, key, attempt, now);
    }
}

fn count_on(records: &mut LimitRecords, key: LimitKey, attempt: &LoginAttempt, now: OffsetDateTime) {
    let counted = Attempt {
        at: to_unix_microseconds(now),
        ticket: attempt.ticket,
        email: attempt.email,
        state: AttemptState::InFlight,
    };
    change(records, key, |window| window.push(counted));
}

pub(super) fn reserve(
    fault: Option<Fault>,
    limits: &LoginLimits,
    attempt: &LoginAttempt,
    stored: LimitRecords,
    now: OffsetDateTime,
) -> (Reservation, LimitRecords) {
    let Some(fault) = fault else { return limits.reserve(attempt, stored, now) };
    let (mut read, mut now) = (stored.clone(), now);
    let hidden = perturb_stored(fault, attempt, &mut read, &mut now);
    let first_key = limits.reserve(&LoginAttempt { origin: None, ..*attempt }, read.clone(), now).0;
    let (mut reservation, mut records) = limits.reserve(attempt, read, now);
    for (key, attempts) in hidden {
        change(&mut records, key, |window| window.extend(attempts));
    }
    match (fault, &mut reservation) {
        (Fault::RejectsOnInFlight, Reservation::Busy(key)) => {
            let (limit, key) = (LoginLimit::Email, *key);
            reservation = Reservation::Rejected { limit, key, retry_after: Duration::from_secs(1) };
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
            count(&mut records, attempt, now);
        }
        (Fault::RejectedAttemptsCountOnTheOtherKey, Reservation::Rejected { .. } | Reservation::Busy(_)) => {
            if let Some(key) = attempt.address() {
                count_on(&mut records, key, attempt, now);
            }
        }
        (Fault::DailyLimitBlocksAltogether, Reservation::Reserved(ticket))
            if is_at_daily_limit(&stored, ticket) =>
        {
            let (limit, key) = (LoginLimit::Daily, attempt.email);
            reservation = Reservation::Rejected { limit, key, retry_after: Duration::from_mins(1) };
            records = stored;
        }
        (Fault::SuccessInTheFutureIsKept, _) => records.known_addresses = stored.known_addresses,
        (Fault::DailyCountInTheFutureIsKept, Reservation::Rejected { .. }) => records.daily = stored.daily,
        (Fault::FutureTimeIsAlwaysNow, reservation) => {
            records = stored;
            if matches!(reservation, Reservation::Reserved(_)) {
                count(&mut records, attempt, now);
            }
        }
        _ => {}
    }
    (reservation, records)
}

/// Changes the input of the rule; returns the stored attempts that are hidden from it.
fn perturb_stored(
    fault: Fault,
    attempt: &LoginAttempt,
    read: &mut LimitRecords,
    now: &mut OffsetDateTime,
) -> Vec<(LimitKey, Vec<Attempt>)> {
    let microseconds = to_unix_microseconds(*now);
    let timed_out = move |attempt: &Attempt| {
        attempt.state == AttemptState::InFlight
            && attempt.at <= microseconds - to_microseconds(Ticket::SETTLEMENT_TIMEOUT)
    };
    let mut hidden = Vec::new();
    perturb_counts(fault, attempt, read, *now);
    match fault {
        Fault::NoEmailKey => {
            hidden.push((attempt.email, read.window(attempt.email).to_vec()));
            read.set_window(attempt.email, Vec::new());
        }
        Fault::InFlightIsNotCounted => {
            for key in keys(attempt) {
                change(read, key, |window| {
                    let in_flight = window.extract_if(.., |attempt| attempt.state == AttemptState::InFlight);
                    hidden.push((key, in_flight.collect()));
                });
            }
        }
        Fault::FutureTimeIsAccepted => {
            let times = keys(attempt).flat_map(|key| read.window(key)).map(|attempt| attempt.at);
            let latest = times.max().unwrap_or(microseconds).max(microseconds);
            *now += Duration::from_micros((latest - microseconds).unsigned_abs());
        }
        _ => {}
    }
    for key in keys(attempt) {
        change(read, key, |window| match fault {
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
        });
    }
    hidden
}

/// Changes what decides about known addresses and days.
fn perturb_counts(fault: Fault, attempt: &LoginAttempt, read: &mut LimitRecords, now: OffsetDateTime) {
    match fault {
        Fault::KnownAddressHasNoLimit => {
            attempt.origin.iter().for_each(|origin| read.set_window(origin.pair, Vec::new()));
        }
        Fault::KnownAddressIsExempt => {
            if let Some(address) = attempt.address().filter(|_| !read.known_addresses.is_empty()) {
                read.set_window(address, Vec::new());
            }
        }
        Fault::OneDailyCountForAll => {
            read.daily.iter_mut().for_each(|daily| daily.known = daily.unknown);
        }
        Fault::DailyCountNeverLeaves => {
            let hour = to_unix_microseconds(now).div_euclid(to_microseconds(Duration::from_hours(1)));
            read.daily.iter_mut().for_each(|daily| daily.hour = hour);
        }
        _ => {}
    }
}

fn is_at_daily_limit(stored: &LimitRecords, ticket: &Ticket) -> bool {
    stored.daily.is_some_and(|daily| {
        let class = if ticket.is_known { daily.known } else { daily.unknown };
        class.attempts.into_iter().map(u32::from).sum::<u32>() >= LOGIN_LIMITS.daily_failures.unwrap()
    })
}

pub(super) fn settle(
    fault: Option<Fault>,
    limits: &LoginLimits,
    ticket: &Ticket,
    outcome: Settlement,
    stored: &LimitRecords,
    now: OffsetDateTime,
) -> LimitRecords {
    let settled = |outcome| limits.settle(ticket, outcome, stored.clone(), now);
    let is_own = |attempt: &Attempt| attempt.ticket == ticket.attempt.ticket;
    let (email, address) = (ticket.attempt.email, ticket.attempt.address());
    let mut records = settled(outcome);
    match (fault, outcome) {
        (Some(Fault::SuccessClearsNothing), Settlement::Succeeded) => return settled(Settlement::Abandoned),
        (Some(Fault::AbandonedCounts), Settlement::Abandoned) => return settled(Settlement::Failed),
        (Some(Fault::AbandonedClears), Settlement::Abandoned) => return settled(Settlement::Succeeded),
        (Some(Fault::SuccessKeepsItsShareOfTheAddress), Settlement::Succeeded) => {
            let kept = settled(Settlement::Abandoned);
            if let Some(key) = address {
                records.set_window(key, kept.window(key).to_vec());
            }
        }
        (Some(Fault::SuccessClearsTheWholeAddress), Settlement::Succeeded) => {
            if let Some(key) = address {
                change(&mut records, key, |window| {
                    window.retain(|attempt| attempt.state == AttemptState::InFlight);
                });
            }
        }
        (Some(Fault::SuccessClearsInFlight), Settlement::Succeeded) => {
            records.set_window(email, Vec::new());
            if let Some(key) = address {
                change(&mut records, key, |window| window.retain(|attempt| attempt.email != email));
            }
        }
        (Some(Fault::RepeatedFailureCountsTwice), Settlement::Failed) => {
            let failed_before = stored.window(email).iter().find(|attempt| is_own(attempt));
            let again = failed_before.filter(|attempt| attempt.state == AttemptState::Failed).copied();
            change(&mut records, email, |window| window.extend(again));
        }
        (Some(Fault::FailureCountsFromItsSettlement), Settlement::Failed) => {
            for key in keys(&ticket.attempt) {
                change(&mut records, key, |window| {
                    for attempt in window.iter_mut().filter(|attempt| is_own(attempt)) {
                        attempt.at = to_unix_microseconds(now);
                    }
                });
            }
        }
        (Some(Fault::KnownSuccessClearsTheEmail), Settlement::Succeeded) => {
            records.set_window(email, Vec::new());
        }
        (Some(Fault::KnownSuccessClearsTheDailyCount), Settlement::Succeeded) => records.daily = None,
        (Some(Fault::SuccessKeepsTheDailyCount), Settlement::Succeeded)
        | (Some(Fault::AbandonedStaysInTheDailyCount), Settlement::Abandoned) => records.daily = stored.daily,
        (Some(Fault::DailyLimitCountsFromTheStart), Settlement::Failed) if records.daily.is_none() => {
            records.daily = Some(first_failure(to_unix_microseconds(now)));
        }
        (Some(Fault::SuccessKeepsItsShareOfTheNetwork), Settlement::Succeeded) => {
            if let Some(network) = ticket.attempt.origin.and_then(|origin| origin.network) {
                records.set_window(network, settled(Settlement::Abandoned).window(network).to_vec());
            }
        }
        _ => {}
    }
    records
}

fn first_failure(now: i64) -> DailyCount {
    let mut unknown = DailyClass { last: now, ..DailyClass::default() };
    unknown.attempts[0] = 1;
    let hour = now.div_euclid(to_microseconds(Duration::from_hours(1)));
    DailyCount { hour, unknown, ..DailyCount::default() }
}
