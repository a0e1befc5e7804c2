//! Sessions whose times are in the future.

use std::time::Duration;

use super::fixtures::*;
use crate::model::session_rules::{correct, open};
use crate::model::{
    EndReason, NewSession, Rotate, SessionRecord, SessionState, to_microseconds, to_unix_microseconds,
};

const HOUR: Duration = Duration::from_hours(1);

/// A session that was opened an hour later than `START`.
fn opened_ahead() -> SessionRecord {
    let session = NewSession {
        access_token: access_token(0, START + HOUR),
        expires_at: START + HOUR + REFRESH_TTL,
        ends_at: START + HOUR + SESSION_TTL,
        ..new_session()
    };
    open(None, &session, START + HOUR).unwrap()
}

// S-36, S-53
#[test]
fn a_session_in_the_future_is_corrected_as_if_it_was_opened_then() {
    let change = correct(&opened_ahead(), START + HOUR / 2, START, ACCESS_TTL + MARGIN).unwrap();
    assert_eq!(change.denylist, [access_token(0, START + HOUR)]);
    assert_eq!(change.record, SessionRecord { live_tokens: Vec::new(), ..opened() });
}

#[test]
fn a_session_of_the_present_needs_no_correction() {
    assert_eq!(correct(&opened(), START - Duration::from_secs(10), START, ACCESS_TTL), None);
    assert_eq!(correct(&opened_ahead(), START + HOUR, START, ACCESS_TTL), None);
}

#[test]
fn the_end_of_an_ended_session_is_corrected_too() {
    let (at, reason) = (to_unix_microseconds(START + HOUR), EndReason::LoggedOut);
    let record = SessionRecord { state: SessionState::Ended { at, reason }, ..opened_ahead() };
    let change = correct(&record, START, START, ACCESS_TTL).unwrap();
    let at = at - to_microseconds(HOUR);
    assert_eq!(change.record.state, SessionState::Ended { at, reason });
}

// S-36
#[test]
fn a_refresh_releases_access_tokens_of_the_future() {
    let record = SessionRecord { live_tokens: opened_ahead().live_tokens, ..opened() };
    let request = Rotate { releases_oldest: true, ..rotation(0, 1, START) };
    let change = apply(&record, &request, START).change.unwrap();
    assert_eq!(change.denylist, record.live_tokens);
    assert_eq!(change.record.live_tokens, [request.access_token]);

    let in_two_steps = Rotate { releases_oldest: false, ..request };
    let change = apply(&record, &in_two_steps, START).change.unwrap();
    assert_eq!(change.denylist, []);
    assert_eq!(change.record.live_tokens.len(), 2);
}
