//! The access tokens that a session remembers.

use std::time::Duration;

use super::fixtures::*;
use crate::model::{MAX_LIVE_ACCESS_TOKENS, Rotate, Rotation, SessionRecord};

/// A session with sixteen live access tokens, whose current token is number 15.
fn full() -> SessionRecord {
    (1..16).fold(opened(), |record, number| rotated(&record, &rotation(number - 1, number, START), START))
}

#[test]
fn a_full_session_names_the_token_that_expires_first() {
    let mut record = full();
    assert_eq!(record.live_tokens.len(), MAX_LIVE_ACCESS_TOKENS);
    let decision = apply(&record, &rotation(15, 16, START), START);
    assert_eq!(decision.outcome, Rotation::AtCapacity { oldest: access_token(0, START) });
    assert_eq!(decision.change, None);

    let first = access_token(7, START - Duration::from_secs(1));
    record.live_tokens[7] = first;
    let mut request = rotation(15, 16, START);
    assert_eq!(apply(&record, &request, START).outcome, Rotation::AtCapacity { oldest: first });
    request.released = Some(first.id);
    let tokens = rotated(&record, &request, START).live_tokens;
    assert!(!tokens.contains(&first) && tokens.contains(&request.access_token));
}

#[test]
fn a_full_session_may_release_the_token_that_expires_first() {
    let request = Rotate { releases_oldest: true, ..rotation(15, 16, START) };
    let decision = apply(&full(), &request, START);
    assert_eq!(decision.outcome, Rotation::Rotated);
    let change = decision.change.unwrap();
    assert_eq!(change.denylist, [access_token(0, START)]);
    let kept: Vec<_> = (1..17).map(|number| access_token(number, START)).collect();
    assert_eq!(change.record.live_tokens, kept);
}

#[test]
fn a_full_session_has_room_for_a_token_that_it_knows() {
    let again = rotated(&full(), &rotation(14, 15, START), START);
    assert_eq!(again, full());
}

#[test]
fn a_retry_needs_room_too() {
    let mut record = full();
    record.retry = keyed(rotation(14, 15, START), 7).retry;
    let request = keyed(rotation(14, 16, START), 7);
    let decision = apply(&record, &request, START);
    assert_eq!(decision.outcome, Rotation::AtCapacity { oldest: access_token(0, START) });
}

#[test]
fn dead_tokens_are_dropped_once_no_verifier_accepts_them() {
    let dead = START + ACCESS_TTL + MARGIN;
    let alive = dead - Duration::from_micros(1);
    let decision = apply(&full(), &rotation(15, 16, alive), alive);
    assert!(matches!(decision.outcome, Rotation::AtCapacity { .. }));
    let tokens = rotated(&full(), &rotation(15, 16, dead), dead).live_tokens;
    assert_eq!(tokens, [access_token(16, dead)]);
}
