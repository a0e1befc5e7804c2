//! What a second call with the immediate predecessor gets.

use std::time::Duration;

use time::OffsetDateTime;

use super::fixtures::*;
use crate::model::{EndReason, LimitKey, Rotate, Rotation, SessionRecord};

const SECOND: Duration = Duration::from_secs(1);
const REUSE: Rotation = Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false };

/// A session whose token 0 is used, and whose successor may be shared.
fn rotated_once() -> SessionRecord {
    rotated(&opened(), &shared(rotation(0, 1, START)), START)
}

fn again(now: OffsetDateTime) -> Rotate {
    shared(rotation(0, 9, now))
}

#[test]
fn the_predecessor_gets_the_successor_within_the_grace_period() {
    let mut record = rotated_once();
    record.rotated_from = Some(LimitKey::from_bytes([5; 16]));
    let sealed = record.retry.clone().unwrap();
    for request in [again(START), keyed(again(START), 3)] {
        let decision = apply(&record, &request, START + LEEWAY - Duration::from_micros(1));
        let expected = Rotation::Shared { sealed: sealed.clone(), rotated_from: record.rotated_from };
        assert_eq!(decision.outcome, expected);
        let new = decision.change.unwrap().record;
        assert_eq!((new.current, new.generation, new.retries), (record.current, 1, 1));
        assert_eq!(new.live_tokens.last(), Some(&request.access_token));
    }
}

#[test]
fn a_successor_is_not_shared_after_the_grace_period() {
    for request in [again(START), keyed(again(START), 3)] {
        assert_eq!(apply(&rotated_once(), &request, START + LEEWAY).outcome, REUSE);
    }
    let mut without = again(START);
    without.reuse_leeway = Duration::ZERO;
    assert_eq!(apply(&rotated_once(), &without, START).outcome, REUSE);
}

// S-52
#[test]
fn an_older_token_and_a_used_successor_are_not_shared() {
    let used = rotated(&rotated_once(), &shared(rotation(1, 2, START + SECOND)), START + SECOND);
    assert_eq!(apply(&used, &again(START + SECOND), START + SECOND).outcome, REUSE);
}

#[test]
fn a_successor_is_shared_only_if_both_calls_ask_for_it() {
    let already_used = Rotation::AlreadyUsed { rotated_from: None };
    let unsealed = rotated(&opened(), &rotation(0, 1, START), START);
    assert_eq!(apply(&unsealed, &again(START), START).outcome, already_used);
    assert_eq!(apply(&rotated_once(), &rotation(0, 9, START), START).outcome, already_used);
}

#[test]
fn a_retry_with_its_key_is_a_retry_also_if_the_successor_is_shared() {
    let record = rotated(&opened(), &shared(keyed(rotation(0, 1, START), 7)), START);
    for now in [START, START + LEEWAY] {
        let retry = shared(keyed(rotation(0, 9, now), 7));
        assert_eq!(apply(&record, &retry, now).outcome, Rotation::Retried(record.retry.clone().unwrap()));
    }
}

/// The first answer was lost. Meanwhile the client got the successor elsewhere, with its key, and used it.
#[test]
fn a_repeat_of_an_older_token_ends_nothing() {
    let used = rotated(&rotated_once(), &rotation(1, 2, START), START);
    let repeat = Rotate { is_repeat: true, ..rotation(0, 1, START) };
    let decision = apply(&used, &repeat, START);
    assert_eq!(decision.outcome, Rotation::AlreadyUsed { rotated_from: None });
    assert_eq!(decision.change, None);
    // The predecessor of the current token is judged as without a repeat.
    let late = START + LEEWAY;
    let repeat = Rotate { is_repeat: true, ..rotation(1, 9, late) };
    assert_eq!(apply(&used, &repeat, late).outcome, REUSE);
}

// S-48
#[test]
fn a_repeat_of_the_call_that_detected_reuse_detects_it_again() {
    let (late, reuse) = (START + LEEWAY, rotation(0, 9, START + LEEWAY));
    let decision = apply(&rotated_once(), &reuse, late);
    let ended = decision.change.unwrap().record;
    let repeat = Rotate { is_repeat: true, ..reuse.clone() };
    assert_eq!(apply(&ended, &repeat, late).outcome, REUSE);
    assert_eq!(apply(&ended, &reuse, late).outcome, Rotation::Ended(EndReason::ReuseDetected));
}
