//! Every outcome of a rotation.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::fixtures::*;
use crate::model::session_rules::{Decision, rotate, rotation_may_be_lost};
use crate::model::{EndReason, LimitKey, RefreshMinute, Rotation, SessionRecord, SessionState, TenantId};

const SECOND: Duration = Duration::from_secs(1);
const MICROSECOND: Duration = Duration::from_micros(1);
const REUSE: Rotation = Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false };

/// A session whose tokens 0 and 1 are used; 2 is current since a second after the start.
fn rotated_twice() -> SessionRecord {
    let once = rotated(&opened(), &rotation(0, 1, START), START);
    let request = keyed(rotation(1, 2, START + SECOND), 7);
    rotated(&once, &request, START + SECOND)
}

fn outcome(record: &SessionRecord, from: u8, now: OffsetDateTime) -> Rotation {
    apply(record, &rotation(from, 9, now), now).outcome
}

fn assert_unchanged(decision: &Decision<Rotation>, expected: &Rotation) {
    assert_eq!((&decision.outcome, &decision.change), (expected, &None));
}

#[test]
fn the_current_token_is_replaced_by_its_successor() {
    let now = START + SECOND;
    let mut request = keyed(rotation(0, 1, now), 7);
    request.rotated_from = Some(LimitKey::from_bytes([5; 16]));
    let expected = SessionRecord {
        rotated_at: opened().created_at + 1_000_000,
        expires_at: opened().expires_at + 1_000_000,
        current: token(1).digest().value,
        previous: Some(token(0).digest().value),
        generation: 1,
        retry: request.retry.clone(),
        minute: Some(RefreshMinute { started_at: opened().created_at + 1_000_000, refreshes: 1 }),
        rotated_from: request.rotated_from,
        live_tokens: vec![access_token(0, START), access_token(1, now)],
        ..opened()
    };
    assert_eq!(rotated(&opened(), &request, now), expected);
}

#[test]
fn the_successor_expires_with_the_session_at_the_latest() {
    let near = START + REFRESH_TTL - SECOND;
    let mut record = opened();
    record.ends_at = record.expires_at;
    assert_eq!(rotated(&record, &rotation(0, 1, near), near).expires_at, record.ends_at);
}

#[test]
fn a_session_without_a_record_is_unknown() {
    assert_unchanged(&rotate(None, None, &rotation(0, 1, START), START, MARGIN), &Rotation::Unknown);
}

#[test]
fn the_same_rotation_repeated_is_rotated_until_the_successor_is_used() {
    let request = rotation(0, 1, START);
    let once = rotated(&opened(), &request, START);
    // Also after the token would have expired: the repeat belongs to the call that rotated it.
    for now in [START, START + SECOND, START + REFRESH_TTL + SECOND] {
        let again = rotated(&once, &rotation(0, 1, START), now);
        assert_eq!((again.current, again.generation, again.expires_at), (once.current, 1, once.expires_at));
    }
    let used = rotated(&once, &rotation(1, 2, START), START);
    assert_eq!(apply(&used, &request, START).outcome, REUSE);
}

#[test]
fn a_token_expires_at_its_time_and_not_before() {
    let expiry = START + REFRESH_TTL;
    assert_eq!(outcome(&opened(), 0, expiry - MICROSECOND), Rotation::Rotated);
    assert_unchanged(&apply(&opened(), &rotation(0, 9, expiry), expiry), &Rotation::Expired);
    // After the expiry of the current token, a used one is no reuse any more: the session is over.
    assert_eq!(outcome(&rotated_twice(), 0, expiry + SECOND), Rotation::Expired);
}

#[test]
fn another_tenant_changes_nothing_whatever_token_is_presented() {
    for from in [0, 1, 2, 8] {
        let mut request = rotation(from, 9, START + SECOND);
        request.tenant_id = TenantId::from_uuid(Uuid::max());
        assert_unchanged(&apply(&rotated_twice(), &request, START + SECOND), &Rotation::TenantMismatch);
    }
}

#[test]
fn the_predecessor_is_already_used_within_the_grace_period() {
    let mut record = rotated_twice();
    record.rotated_from = Some(LimitKey::from_bytes([5; 16]));
    let rotated_at = START + SECOND;
    // The grace period has the same length before the rotation, if a clock ahead stored the rotation in the future.
    for now in [rotated_at, rotated_at + LEEWAY - MICROSECOND, rotated_at - LEEWAY + MICROSECOND] {
        let expected = Rotation::AlreadyUsed { rotated_from: record.rotated_from };
        assert_unchanged(&apply(&record, &rotation(1, 9, now), now), &expected);
    }
    let reuse = Rotation::ReuseDetected { rotated_from: record.rotated_from, rotation_may_be_lost: false };
    for now in [rotated_at + LEEWAY, rotated_at - LEEWAY] {
        assert_eq!(outcome(&record, 1, now), reuse);
    }
    let mut without = rotation(1, 9, rotated_at);
    without.reuse_leeway = Duration::ZERO;
    assert_eq!(apply(&record, &without, rotated_at).outcome, reuse);
}

// S-52
#[test]
fn a_used_token_that_is_not_the_predecessor_ends_the_session_at_once() {
    for from in [0, 8] {
        let decision = apply(&rotated_twice(), &rotation(from, 9, START + SECOND), START + SECOND);
        assert_eq!(decision.outcome, REUSE);
        let change = decision.change.unwrap();
        assert_eq!(change.denylist, rotated_twice().live_tokens);
        let at = rotated_twice().rotated_at;
        let expected = SessionRecord {
            state: SessionState::Pending { at, reason: EndReason::ReuseDetected },
            retry: None,
            minute: None,
            ..rotated_twice()
        };
        assert_eq!(change.record, expected);
    }
}

#[test]
fn the_predecessor_with_the_tag_of_its_rotation_is_a_retry_at_any_time() {
    for now in [START + SECOND, START + Duration::from_hours(2)] {
        let request = keyed(rotation(1, 9, now), 7);
        let decision = apply(&rotated_twice(), &request, now);
        assert_eq!(decision.outcome, Rotation::Retried(rotated_twice().retry.unwrap()));
        let record = decision.change.unwrap().record;
        assert_eq!(record.current, rotated_twice().current);
        assert_eq!(record.live_tokens.last(), Some(&request.access_token));
    }
}

#[test]
fn a_retry_needs_the_tag_of_the_last_rotation_and_its_predecessor() {
    let later = START + Duration::from_hours(1);
    for request in [rotation(1, 9, later), keyed(rotation(1, 9, later), 8), keyed(rotation(0, 9, later), 7)] {
        assert_eq!(apply(&rotated_twice(), &request, later).outcome, REUSE);
    }
    let used = rotated(&rotated_twice(), &rotation(2, 3, START + SECOND), START + SECOND);
    let request = keyed(rotation(1, 9, later), 7);
    assert_eq!(apply(&used, &request, later).outcome, REUSE);
}

#[test]
fn rotation_is_lost_only_if_it_precedes_the_failover() {
    assert!(!rotation_may_be_lost(false, 7, None));
    assert!(rotation_may_be_lost(false, 7, Some(8)));
    assert!(rotation_may_be_lost(false, 7, Some(7)), "the time is that of the last state that may be known");
    assert!(!rotation_may_be_lost(false, 7, Some(6)));
    assert!(!rotation_may_be_lost(true, 7, Some(8)), "a rotation that is known has used the predecessor");
}
