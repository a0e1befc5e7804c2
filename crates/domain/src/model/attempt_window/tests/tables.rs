//! Every outcome of a reservation and of a settlement.

use std::time::Duration;

use super::*;
use crate::model::attempt_window::clear;
use crate::model::{LoginLimit, Reservation, Settlement};

const MICROSECOND: Duration = Duration::from_micros(1);

fn rejected(key: LimitKey, seconds: u64) -> Reservation {
    rejected_for(key, Duration::from_secs(seconds))
}

fn rejected_for(key: LimitKey, retry_after: Duration) -> Reservation {
    let limit = if key == EMAIL { LoginLimit::Email } else { LoginLimit::Address };
    Reservation::Rejected { limit, key, retry_after }
}

fn reserve(stored: LimitRecords, now: OffsetDateTime) -> Reservation {
    LIMITS.reserve(&login(9), stored, now).0
}

#[test]
fn a_reserved_attempt_is_in_flight_on_both_keys() {
    let (reservation, records) = LIMITS.reserve(&login(9), LimitRecords::default(), START);
    assert_eq!(reservation, Reservation::Reserved(ticket(9)));
    let expected = vec![stored(9, 0, AttemptState::InFlight)];
    assert_eq!(records, windows([(EMAIL, expected.clone()), (ADDRESS, expected.clone())]));

    let without = LoginAttempt { origin: None, ..login(9) };
    assert_eq!(LIMITS.reserve(&without, LimitRecords::default(), START).1, on_email(expected));
}

#[test]
fn as_many_failures_as_the_limit_reject_until_the_oldest_leaves() {
    let reserved = Reservation::Reserved(ticket(9));
    assert_eq!(reserve(on_email(failures(&[1, 2])), at(9)), reserved);
    assert_eq!(reserve(on_email(failures(&[1, 2, 3])), at(9)), rejected(EMAIL, 292));
    assert_eq!(reserve(on_email(failures(&[1, 2, 3, 4])), at(9)), rejected(EMAIL, 293));
    assert_eq!(reserve(on_email(failures(&[1, 2, 3])), at(301)), reserved);
    let almost = reserve(on_email(failures(&[1, 2, 3])), at(301) - MICROSECOND);
    assert_eq!(almost, rejected_for(EMAIL, MICROSECOND));
}

#[test]
fn the_key_that_is_full_for_longer_decides() {
    for (address, expected) in [
        ([1, 2, 3], rejected(EMAIL, 293)),
        ([2, 3, 4], rejected(EMAIL, 293)),
        ([3, 4, 5], rejected(ADDRESS, 294)),
    ] {
        let stored = windows([(EMAIL, failures(&[2, 3, 4])), (ADDRESS, failures(&address))]);
        assert_eq!(reserve(stored, at(9)), expected);
    }
}

#[test]
fn attempts_in_flight_are_busy_until_they_count_as_failures() {
    let mut window = failures(&[1, 2]);
    window.push(stored(3, 3, AttemptState::InFlight));
    assert_eq!(reserve(on_email(window.clone()), at(13) - MICROSECOND), Reservation::Busy(EMAIL));
    assert_eq!(reserve(on_email(window.clone()), at(13)), rejected(EMAIL, 288));
    let stored = windows([(EMAIL, failures(&[1])), (ADDRESS, window)]);
    assert_eq!(reserve(stored, at(12)), Reservation::Busy(ADDRESS));
}

#[test]
fn a_rejection_stores_nothing_but_the_window_that_has_moved_on() {
    let (_, records) = LIMITS.reserve(&login(9), on_email(failures(&[0, 1, 2, 3])), at(300));
    assert_eq!(records.window(EMAIL), &failures(&[0, 1, 2, 3])[1..]);
    assert!(records.window(ADDRESS).is_empty());
}

// S-23
#[test]
fn an_attempt_of_the_future_counts_from_now_on() {
    let (reservation, records) = LIMITS.reserve(&login(9), on_email(failures(&[5, 3_600, 7_200])), at(9));
    assert_eq!(reservation, rejected(EMAIL, 296));
    let times = records.window(EMAIL).iter().map(|attempt| attempt.at);
    assert_eq!(times.collect::<Vec<_>>(), [at(5), at(9), at(9)].map(to_unix_microseconds));
}

#[test]
fn each_outcome_changes_its_own_attempt() {
    let in_flight = vec![stored(1, 0, AttemptState::InFlight), stored(2, 1, AttemptState::InFlight)];
    let other = in_flight[1];
    let limits = LoginLimits { known_for: None, ..LIMITS };
    let both = |window: Vec<Attempt>| windows([(EMAIL, window.clone()), (ADDRESS, window)]);
    for (outcome, expected) in [
        (Settlement::Failed, vec![stored(1, 0, AttemptState::Failed), other]),
        (Settlement::Abandoned, vec![other]),
        (Settlement::Succeeded, vec![other]),
    ] {
        let records = limits.settle(&ticket(1), outcome, both(in_flight.clone()), at(2));
        assert_eq!(records, both(expected));
        let again = limits.settle(&ticket(1), outcome, records.clone(), at(2));
        assert_eq!(again, records, "a repeat changes nothing");
    }
}

#[test]
fn a_failure_is_not_taken_back_by_another_outcome() {
    let records = on_email(failures(&[0, 1]));
    for outcome in [Settlement::Abandoned, Settlement::Failed] {
        assert_eq!(LIMITS.settle(&ticket(1), outcome, records.clone(), at(2)), records);
    }
}

#[test]
fn a_success_removes_the_failures_of_its_email() {
    let timed_out = stored(3, 1, AttemptState::InFlight);
    let recent = stored(4, 15, AttemptState::InFlight);
    let other_email = Attempt { email: LimitKey::from_bytes([7; 16]), ..stored(5, 2, AttemptState::Failed) };
    let email = [failures(&[0, 1]), vec![timed_out, recent]].concat();
    let address = [failures(&[0]), vec![timed_out, other_email]].concat();
    let stored = windows([(EMAIL, email.clone()), (ADDRESS, address)]);
    let records = LIMITS.settle(&ticket(1), Settlement::Succeeded, stored, at(20));
    // On the address only settled failures leave: an attempt in flight may be of a call that still waits.
    assert_eq!(
        (records.window(EMAIL), records.window(ADDRESS)),
        (&[recent][..], &[timed_out, other_email][..])
    );
    assert_eq!(clear(email, at(20)), [recent]);
}
