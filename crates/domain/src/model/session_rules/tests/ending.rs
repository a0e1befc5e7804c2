//! The ends of sessions, and the transitions of their state.

use std::time::Duration;

use super::fixtures::*;
use crate::model::session_rules::{Change, end, end_all};
use crate::model::{
    EndReason, EndSession, Ending, Rotation, SessionRecord, SessionState, to_unix_microseconds,
};

fn logout() -> EndSession {
    EndSession { session: token(0).session(), reason: EndReason::LoggedOut, also_revoke: None }
}

fn ended(record: &SessionRecord, request: &EndSession) -> Option<Change> {
    let decision = end(Some(record), request, START, MARGIN);
    assert_eq!(decision.outcome, Ending::Ended);
    decision.change
}

fn pending() -> SessionRecord {
    ended(&opened(), &logout()).unwrap().record
}

#[test]
fn an_end_leaves_a_pending_record_and_names_the_access_tokens() {
    let change = ended(&opened(), &logout()).unwrap();
    let at = to_unix_microseconds(START);
    assert_eq!(change.record.state, SessionState::Pending { at, reason: EndReason::LoggedOut });
    assert_eq!(change.denylist, [access_token(0, START)]);

    let done = change.record.denylisted();
    assert_eq!(done.state, SessionState::Ended { at, reason: EndReason::LoggedOut });
    assert_eq!(done.live_tokens, []);
}

#[test]
fn a_session_without_live_access_tokens_is_never_pending() {
    let later = START + ACCESS_TTL + MARGIN;
    let change = end(Some(&opened()), &logout(), later, MARGIN).change.unwrap();
    assert_eq!(change.denylist, []);
    assert!(matches!(change.record.state, SessionState::Ended { .. }));
    assert_eq!(change.record.clone().denylisted(), change.record);
    let earlier = later - Duration::from_micros(1);
    assert_eq!(end(Some(&opened()), &logout(), earlier, MARGIN).change.unwrap().denylist.len(), 1);
}

#[test]
fn every_later_call_completes_a_pending_record_and_keeps_its_reason() {
    let revoke = EndSession { reason: EndReason::Revoked, ..logout() };
    let again = ended(&pending(), &revoke).unwrap();
    assert_eq!((&again.record, &again.denylist), (&pending(), &vec![access_token(0, START)]));

    let decision = apply(&pending(), &rotation(0, 1, START), START);
    assert_eq!(decision.outcome, Rotation::Ended(EndReason::LoggedOut));
    assert_eq!(decision.change, Some(again.clone()));

    let (alive, changes) = end_all([((), &pending())], EndReason::Revoked, START, MARGIN);
    assert_eq!((alive, changes), (0, vec![((), again)]));
}

#[test]
fn nothing_is_left_to_do_for_a_completed_record() {
    let done = pending().denylisted();
    assert_eq!(ended(&done, &logout()), None);
    let decision = apply(&done, &rotation(0, 1, START), START);
    assert_eq!((decision.outcome, decision.change), (Rotation::Ended(EndReason::LoggedOut), None));
    assert_eq!(end_all([((), &done)], EndReason::Revoked, START, MARGIN), (0, vec![]));
}

#[test]
fn the_presented_access_token_is_denylisted_last() {
    let own = access_token(99, START);
    let request = EndSession { also_revoke: Some(own), ..logout() };
    assert_eq!(ended(&opened(), &request).unwrap().denylist, [access_token(0, START), own]);
    let done = pending().denylisted();
    assert_eq!(ended(&done, &request), Some(Change::new(done.clone(), vec![own])));

    // Also if it is one of the session.
    let first = access_token(0, START);
    let session = rotated(&opened(), &rotation(0, 1, START), START);
    let request = EndSession { also_revoke: Some(first), ..logout() };
    assert_eq!(ended(&session, &request).unwrap().denylist, [access_token(1, START), first]);

    let unknown = end(None, &request, START, MARGIN);
    assert_eq!((unknown.outcome, unknown.change), (Ending::Unknown, None));
}

#[test]
fn end_all_counts_the_live_sessions_and_ends_the_expired_ones_too() {
    let now = START + REFRESH_TTL;
    let fresh = rotated(&opened(), &rotation(0, 1, START + LEEWAY), START + LEEWAY);
    let (alive, changes) = end_all([(1, &opened()), (2, &fresh)], EndReason::Revoked, now, MARGIN);
    assert_eq!(alive, 1);
    assert_eq!(changes.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [1, 2]);
    for (_, change) in changes {
        assert_eq!(change.record.end_reason(), Some(EndReason::Revoked));
    }
}
