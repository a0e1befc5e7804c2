//! The opening of sessions.

use auth_domain::model::{EndReason, Rotation};

use super::support::{MINUTE, SECOND, end, is_revoked, listed, open, opened_by, present, rotated};
use crate::{START, SessionFixture, a_session, a_user_id};

/// A repeated `open` changes neither its own session nor another one of the user.
pub async fn repeated_open_changes_nothing(fixture: &SessionFixture) {
    let user = a_user_id();
    let other = opened_by(fixture, user, START).await;
    let mut session = a_session(user, START + SECOND);
    session.opening.max_sessions = 2;
    open(fixture, &session, START + SECOND).await;
    open(fixture, &session, START + SECOND).await;

    let current = rotated(fixture, &session, &session.token, START + MINUTE).await.successor;
    let before = listed(fixture, user, START + MINUTE).await;
    open(fixture, &session, START + 2 * MINUTE).await;
    assert_eq!(listed(fixture, user, START + MINUTE).await, before);

    rotated(fixture, &session, &current, START + 2 * MINUTE).await;
    rotated(fixture, &other, &other.token, START + 2 * MINUTE).await;
}

/// A session that ended between two calls of `open` stays ended.
pub async fn repeated_open_does_not_revive_an_ended_session(fixture: &SessionFixture) {
    let session = opened_by(fixture, a_user_id(), START).await;
    end(fixture, &session, EndReason::Revoked, START).await;
    open(fixture, &session, START).await;
    let rotation = present(fixture, &session, &session.token, START).await;
    assert_eq!(rotation, Rotation::Ended(EndReason::Revoked));
    assert!(is_revoked(fixture, session.opening.access_token, START).await);
}
