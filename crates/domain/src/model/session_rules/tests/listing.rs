//! Listings, and the limit on the number of sessions.

use std::time::Duration;

use uuid::Uuid;

use super::fixtures::START;
use crate::model::session_rules::{live, surplus};
use crate::model::{SessionId, SessionSummary};

fn session(number: u8, rotated: u64, expires: u64) -> SessionSummary {
    SessionSummary {
        session_id: SessionId::from_uuid(Uuid::from_bytes([number; 16])),
        created_at: START,
        rotated_at: START + Duration::from_secs(rotated),
        expires_at: START + Duration::from_secs(expires),
    }
}

#[test]
fn live_sessions_are_listed_from_the_most_recently_used() {
    let sessions = vec![session(1, 1, 100), session(2, 3, 50), session(3, 2, 51), session(4, 2, 100)];
    let now = START + Duration::from_secs(50);
    assert_eq!(live(sessions, now), [session(4, 2, 100), session(3, 2, 51), session(1, 1, 100)]);
}

#[test]
fn the_sessions_idle_longest_make_room_for_one_more() {
    let sessions = [session(3, 3, 9), session(2, 2, 9), session(1, 1, 9)];
    assert_eq!(surplus(&sessions, 4), []);
    assert_eq!(surplus(&sessions, 3), [session(1, 1, 9)]);
    assert_eq!(surplus(&sessions, 1), sessions);
    assert_eq!(surplus(&sessions, 0), sessions);
}
