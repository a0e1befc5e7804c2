//! The daily count.

use super::*;
use crate::model::attempt_window::{DailyClass, DailyCount};
use crate::model::{DailyFailures, LoginLimit, Reservation, Settlement};

const HOUR: u64 = 3_600;
/// Half an hour after the start of an hour, in seconds since 1970.
const HALF_PAST: i64 = 1_800;

/// `at` counts from 9:00:00.7.
fn hour(seconds: u64) -> i64 {
    at(seconds).unix_timestamp() / 3_600
}

fn limits() -> LoginLimits {
    LoginLimits { max_failures_per_address: u32::MAX, ..LIMITS }
}

fn failed(records: LimitRecords, number: u8, seconds: u64) -> LimitRecords {
    let (reservation, records) = limits().reserve(&login(number), records, at(seconds));
    let Reservation::Reserved(ticket) = reservation else { panic!("{reservation:?}") };
    limits().settle(&ticket, Settlement::Failed, records, at(seconds))
}

/// Three failures, which fill the window, and two more after it: the daily limit.
fn at_the_limit() -> LimitRecords {
    let records =
        [1, 2, 3].into_iter().fold(LimitRecords::default(), |records, number| failed(records, number, 0));
    [4, 5].into_iter().fold(records, |records, number| failed(records, number, 400))
}

fn counted(records: &LimitRecords, seconds: u64) -> Option<DailyFailures> {
    limits().status(EMAIL, records.clone(), at(seconds)).daily
}

fn daily(retry_after: u64) -> Reservation {
    let retry_after = Duration::from_secs(retry_after);
    Reservation::Rejected { limit: LoginLimit::Daily, key: EMAIL, retry_after }
}

fn reserve(records: &LimitRecords, seconds: u64) -> Reservation {
    limits().reserve(&login(9), records.clone(), at(seconds)).0
}

// S-91
#[test]
fn a_full_window_starts_the_daily_count_with_its_failures() {
    let two = [1, 2].into_iter().fold(LimitRecords::default(), |records, number| failed(records, number, 0));
    assert_eq!(counted(&two, 0), None);
    assert_eq!(counted(&failed(two, 3, 0), 0), Some(DailyFailures { unknown: 3, known: 0 }));

    // Attempts that were not settled in time fill a window as well.
    let in_flight = (1..=3).map(|number| stored(number, 0, AttemptState::InFlight)).collect();
    let (_, records) = limits().reserve(&login(9), on_email(in_flight), at(20));
    assert_eq!(counted(&records, 20), Some(DailyFailures { unknown: 3, known: 0 }));
}

// S-23, S-91
#[test]
fn at_the_daily_limit_one_attempt_a_minute_is_checked() {
    let records = at_the_limit();
    assert_eq!(reserve(&records, 401), daily(59));
    assert_eq!(reserve(&records, 460), Reservation::Reserved(ticket(9)));
    let (_, checked) = limits().reserve(&login(9), records, at(460));
    assert_eq!(reserve(&checked, 460), daily(60));
    // An abandoned attempt does not count, but its minute has passed.
    let abandoned = limits().settle(&ticket(9), Settlement::Abandoned, checked, at(461));
    assert_eq!(counted(&abandoned, 461), Some(DailyFailures { unknown: 5, known: 0 }));
}

#[test]
fn an_hour_leaves_when_the_whole_of_it_is_older_than_a_day() {
    let records = at_the_limit();
    assert_eq!(counted(&records, 25 * HOUR - 2), Some(DailyFailures { unknown: 5, known: 0 }));
    assert_eq!(counted(&records, 25 * HOUR), None);
    // The limit ends with the hour, before the next minute has passed.
    let mut last = records.daily.unwrap();
    last.unknown.last = to_unix_microseconds(at(25 * HOUR - 31));
    let records = LimitRecords { daily: Some(last), ..records };
    let Reservation::Rejected { retry_after, .. } = reserve(&records, 25 * HOUR - 30) else { panic!("open") };
    assert_eq!(retry_after, Duration::from_secs(30) - Duration::from_millis(700));
}

#[test]
fn a_success_clears_the_class_of_its_address() {
    let class =
        |count| DailyClass { last: 0, attempts: std::array::from_fn(|age| if age == 0 { count } else { 0 }) };
    let count = DailyCount { hour: hour(0), unknown: class(4), known: class(3) };
    let records = LimitRecords { daily: Some(count), ..LimitRecords::default() };
    for (is_known, expected) in
        [(false, DailyFailures { unknown: 0, known: 3 }), (true, DailyFailures { unknown: 4, known: 0 })]
    {
        let ticket = Ticket { attempt: login(1), is_known };
        let settled = limits().settle(&ticket, Settlement::Succeeded, records.clone(), at(0));
        assert_eq!(counted(&settled, 0), Some(expected));
        let both =
            limits().settle(&Ticket { is_known: !is_known, ..ticket }, Settlement::Succeeded, settled, at(0));
        assert_eq!(both.daily, None);
    }
}

// S-23
#[test]
fn hours_of_a_clock_that_was_ahead_count_as_now() {
    let mut ahead = DailyCount { hour: hour(0) + 30, ..DailyCount::default() };
    ahead.unknown = DailyClass { last: (hour(0) + 30) * 3_600_000_000, attempts: [1; 25] };
    let slid = ahead.slide(to_unix_microseconds(at(0))).unwrap();
    assert_eq!(
        (slid.hour, slid.unknown.attempts[0], slid.unknown.last),
        (hour(0), 25, to_unix_microseconds(at(0)))
    );
    let records = LimitRecords { daily: Some(ahead), ..LimitRecords::default() };
    assert_eq!(reserve(&records, 0), daily(60));
    assert_eq!(counted(&records, 0), Some(DailyFailures { unknown: 25, known: 0 }));
    let hour_ahead = DailyCount { hour: hour(0) + 1, ..ahead };
    let slid = hour_ahead.slide(to_unix_microseconds(at(HALF_PAST.unsigned_abs()))).unwrap();
    assert_eq!((slid.unknown.attempts[0], slid.unknown.attempts[23], slid.unknown.attempts[24]), (2, 1, 0));
}

#[test]
fn the_count_saturates() {
    let mut count = DailyCount { hour: hour(0), ..DailyCount::default() };
    for _ in 0..70_000 {
        count.add(false, to_unix_microseconds(at(0)));
    }
    assert_eq!(count.failures().unknown, u32::from(u16::MAX));
}

#[test]
fn without_a_daily_limit_nothing_is_counted() {
    let off = LoginLimits { daily_failures: None, ..limits() };
    let (_, records) = off.reserve(&login(9), on_email(failures(&[1, 2, 3])), at(9));
    assert_eq!(records.daily, None);
}
