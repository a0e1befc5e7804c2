//! The limits of refreshes.

use std::time::Duration;

use time::OffsetDateTime;

use super::fixtures::*;
use crate::model::session_rules::{Decision, rotate};
use crate::model::{
    LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, MAX_RETRIES, RefreshLimit, RefreshMinute, Rotate, Rotation,
    SessionRecord, to_unix_microseconds,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
/// The rest of a minute after one second.
const REST: Duration = Duration::from_secs(59);
const MICROSECOND: Duration = Duration::from_micros(1);

fn minute(started_at: OffsetDateTime, refreshes: u32) -> RefreshMinute {
    RefreshMinute { started_at: to_unix_microseconds(started_at), refreshes }
}

/// A session that was refreshed `refreshes` times in the minute from [`START`], and whose token 1 is current.
fn refreshed(refreshes: u32) -> SessionRecord {
    let record = rotated(&opened(), &shared(rotation(0, 1, START)), START);
    SessionRecord { minute: Some(minute(START, refreshes)), ..record }
}

fn of_user(
    record: &SessionRecord,
    user_minute: RefreshMinute,
    request: &Rotate,
    now: OffsetDateTime,
) -> Decision<Rotation> {
    rotate(Some(record), Some(user_minute), request, now, MARGIN)
}

fn rate_limited(limit: RefreshLimit, retry_after: Duration) -> Rotation {
    Rotation::RateLimited { limit, retry_after }
}

// S-57
#[test]
fn a_session_has_its_limit_in_the_minute_from_its_first_refresh() {
    let request = limited(rotation(1, 2, START), [3, 0]);
    for (now, retry_after) in [(START, MINUTE), (START + MINUTE - MICROSECOND, MICROSECOND)] {
        let decision = apply(&refreshed(3), &request, now);
        assert_eq!(decision.outcome, rate_limited(RefreshLimit::Session, retry_after));
        assert_eq!(decision.change, None, "nothing is consumed");
    }
    assert_eq!(rotated(&refreshed(2), &request, START + SECOND).minute, Some(minute(START, 3)));
    let next = START + MINUTE;
    assert_eq!(rotated(&refreshed(3), &request, next).minute, Some(minute(next, 1)));
}

// S-57
#[test]
fn a_user_has_a_limit_for_all_sessions() {
    let request = limited(rotation(0, 1, START), [0, 3]);
    let now = START + SECOND;
    let decision = of_user(&opened(), minute(START, 3), &request, now);
    assert_eq!(decision, Decision { outcome: rate_limited(RefreshLimit::User, REST), change: None });
    let stored = |user_minute, now| of_user(&opened(), user_minute, &request, now).change.unwrap();
    let change = stored(minute(START, 2), now);
    assert_eq!((change.user_minute, change.record.minute), (Some(minute(START, 3)), None));
    let next = START + MINUTE;
    assert_eq!(stored(minute(START, 3), next).user_minute, Some(minute(next, 1)));
}

#[test]
fn the_limit_whose_minute_ends_last_is_returned() {
    let (request, now) = (limited(rotation(1, 2, START), [3, 3]), START + 20 * SECOND);
    for (user_started, limit, rest) in [
        (START + SECOND, RefreshLimit::User, 41),
        (START, RefreshLimit::Session, 40),
        (START - SECOND, RefreshLimit::Session, 40),
    ] {
        let outcome = of_user(&refreshed(3), minute(user_started, 3), &request, now).outcome;
        assert_eq!(outcome, rate_limited(limit, rest * SECOND));
    }
}

#[test]
fn a_limit_of_zero_stores_nothing() {
    let request = limited(rotation(0, 1, START), [0, 0]);
    let change = of_user(&opened(), minute(START, 1_000), &request, START).change.unwrap();
    assert_eq!((change.record.minute, change.user_minute), (None, None));
}

#[test]
fn a_request_a_little_older_than_the_minute_counts_in_it() {
    let (now, request) = (START - SECOND, limited(rotation(1, 2, START), [3, 0]));
    let decision = apply(&refreshed(3), &request, now);
    assert_eq!(decision.outcome, rate_limited(RefreshLimit::Session, MINUTE + SECOND));
    let counted = apply(&refreshed(2), &request, now).change.unwrap().record.minute;
    assert_eq!(counted, Some(minute(START, 3)));
}

#[test]
fn a_minute_in_the_future_does_not_reject() {
    let (now, request) = (START - 11 * SECOND, limited(rotation(1, 2, START), [3, 3]));
    let change = of_user(&refreshed(3), minute(START, 3), &request, now).change.unwrap();
    assert_eq!((change.record.minute, change.user_minute), (Some(minute(now, 1)), Some(minute(now, 1))));
}

#[test]
fn retries_and_shared_successors_of_one_rotation_are_limited() {
    for key in [None, Some(7)] {
        let with_key = |request| if let Some(key) = key { keyed(request, key) } else { request };
        let mut record = rotated(&opened(), &shared(with_key(rotation(0, 1, START))), START);
        for number in 0..MAX_RETRIES {
            assert_eq!(record.retries, number);
            let retry = shared(with_key(rotation(0, 9, START)));
            record = apply(&record, &retry, START).change.unwrap().record;
            record.live_tokens.clear();
        }
        let retry = limited(shared(with_key(rotation(0, 9, START + SECOND))), [100, 0]);
        let decision = apply(&record, &retry, START + SECOND);
        assert_eq!(decision.outcome, rate_limited(RefreshLimit::Retries, REST));
        assert_eq!(decision.change, None);
        assert_eq!(rotated(&record, &rotation(1, 2, START), START).retries, 0);
        if let Some(key) = key {
            let later = START + MINUTE;
            let retried = apply(&record, &keyed(rotation(0, 9, later), key), later).change.unwrap().record;
            assert_eq!((retried.retries, retried.minute), (1, Some(minute(later, 1))));
        }
    }
}

#[test]
fn retries_count_as_refreshes() {
    let request = limited(shared(rotation(0, 9, START)), [3, 0]);
    let change = apply(&refreshed(2), &request, START).change.unwrap();
    assert_eq!((change.record.minute, change.record.retries), (Some(minute(START, 3)), 1));
    let outcome = apply(&refreshed(3), &request, START).outcome;
    assert_eq!(outcome, rate_limited(RefreshLimit::Session, MINUTE));
}

#[test]
fn a_repeat_counts_once_and_is_never_limited() {
    let first = limited(shared(rotation(0, 1, START)), [1, 1]);
    let change = of_user(&opened(), minute(START, 0), &first, START).change.unwrap();
    let repeat = of_user(&change.record, change.user_minute.unwrap(), &first, START);
    assert_eq!(repeat.outcome, Rotation::Rotated);
    let repeated = repeat.change.unwrap();
    assert_eq!((&repeated.record, repeated.user_minute), (&change.record, None));

    let retry = limited(shared(rotation(0, 9, START)), [2, 2]);
    let change = of_user(&change.record, minute(START, 1), &retry, START).change.unwrap();
    let repeat = of_user(&change.record, change.user_minute.unwrap(), &retry, START);
    assert!(matches!(repeat.outcome, Rotation::Shared { .. }));
    assert_eq!(repeat.change.unwrap().record, change.record);
}

#[test]
fn reuse_is_not_limited() {
    let later = START + LEEWAY;
    let record = SessionRecord { retries: MAX_RETRIES, ..refreshed(1_000) };
    let request = limited(rotation(0, 9, later), [1, 1]);
    let outcome = of_user(&record, minute(START, 1_000), &request, later).outcome;
    assert_eq!(outcome, Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false });
}

/// The caller denylists the access token that a full session returns, so a limit comes first.
#[test]
fn a_limit_comes_before_the_room_for_the_access_token() {
    let live_tokens =
        |number: usize| -> LiveAccessToken { access_token(u8::try_from(number).unwrap(), START) };
    let full = SessionRecord {
        live_tokens: (20..20 + MAX_LIVE_ACCESS_TOKENS).map(live_tokens).collect(),
        ..refreshed(3)
    };
    let request = |limit| limited(rotation(1, 2, START), [limit, 0]);
    assert_eq!(apply(&full, &request(3), START).outcome, rate_limited(RefreshLimit::Session, MINUTE));
    let decision = apply(&full, &request(4), START);
    assert!(matches!(decision, Decision { outcome: Rotation::AtCapacity { .. }, change: None }));
}
