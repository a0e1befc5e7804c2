//! Calls on all sessions of a user.

use auth_domain::model::{EndReason, Rotation, SessionSummary, UserId};
use time::OffsetDateTime;

use super::support::{HOUR, MILLISECOND, MINUTE, end, is_revoked, listed, open, opened_by, present, rotated};
use crate::{START, SessionFixture, TestSession, a_session, a_user_id, request_time_at};

/// `end_all` ends every live session of the user, revokes their access tokens, and leaves other users alone.
pub async fn end_all_ends_only_this_users_sessions(fixture: &SessionFixture) {
    let (user, other) = (a_user_id(), a_user_id());
    let bystander = opened_by(fixture, other, START).await;
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(opened_by(fixture, user, START).await);
    }
    let rotation = rotated(fixture, &own[0], &own[0].token, START).await;
    let ended = opened_by(fixture, user, START).await;
    end(fixture, &ended, EndReason::LoggedOut, START).await;

    assert_eq!(end_all(fixture, user).await, 3, "three sessions were live");
    for session in &own {
        let result = present(fixture, session, &session.token, START).await;
        assert_eq!(result, Rotation::Ended(EndReason::UserInactive));
        assert!(is_revoked(fixture, session.opening.access_token, START).await);
    }
    assert!(is_revoked(fixture, rotation.rotate.access_token, START).await);
    assert_eq!(end_all(fixture, user).await, 0, "no session was live");

    assert!(!is_revoked(fixture, bystander.opening.access_token, START).await);
    rotated(fixture, &bystander, &bystander.token, START).await;
    assert_eq!(end_all(fixture, a_user_id()).await, 0, "the user has no sessions");
}

/// `list` returns the live sessions with every field, the most recently rotated first.
pub async fn list_returns_the_live_sessions(fixture: &SessionFixture) {
    let (user, now) = (a_user_id(), START + HOUR);
    assert_eq!(listed(fixture, user, now).await, []);
    opened_by(fixture, a_user_id(), START).await;
    let busy = opened_by(fixture, user, START).await;
    let quiet = opened_by(fixture, user, START + MINUTE).await;
    let ended = opened_by(fixture, user, START).await;
    let mut idle = a_session(user, START);
    idle.opening.expires_at = now - MILLISECOND;
    open(fixture, &idle, START).await;
    let mut over = a_session(user, START);
    over.opening.ends_at = now - MILLISECOND;
    open(fixture, &over, START).await;

    let rotation = rotated(fixture, &busy, &busy.token, START + 2 * MINUTE).await;
    end(fixture, &ended, EndReason::LoggedOut, START).await;

    let rotated = SessionSummary {
        rotated_at: START + 2 * MINUTE,
        expires_at: rotation.rotate.expires_at,
        ..as_opened(&busy, START)
    };
    assert_eq!(listed(fixture, user, now).await, [rotated, as_opened(&quiet, START + MINUTE)]);
}

fn as_opened(session: &TestSession, now: OffsetDateTime) -> SessionSummary {
    SessionSummary {
        session_id: session.token.session().session_id,
        created_at: now,
        rotated_at: now,
        expires_at: session.opening.expires_at,
    }
}

async fn end_all(fixture: &SessionFixture, user_id: UserId) -> usize {
    fixture.sessions.end_all(user_id, EndReason::UserInactive, request_time_at(START)).await.unwrap()
}
