//! Calls after their deadline.

use std::time::Duration;

use auth_domain::model::{EndReason, EndSession};

use super::support::{is_revoked, listed, opened_by, rotated};
use crate::contracts::assert_unavailable;
use crate::{START, SessionFixture, a_session, a_user_id, an_access_token, request_time_past_its_deadline};

/// A call after its deadline fails and changes nothing, then or later.
pub async fn call_past_its_deadline_changes_nothing(fixture: &SessionFixture) {
    let (user, late) = (a_user_id(), request_time_past_its_deadline(START));
    let session = opened_by(fixture, user, START).await;
    let before = listed(fixture, user, START).await;
    let sessions = &fixture.sessions;
    let presented = an_access_token(START);

    assert_unavailable(sessions.open(&a_session(user, START).opening, late).await, "open");
    let rotation = session.rotation(&session.token, START);
    assert_unavailable(sessions.rotate(&rotation.rotate, late).await, "rotate");
    let end = EndSession {
        session: session.token.session(),
        reason: EndReason::LoggedOut,
        also_revoke: Some(presented),
    };
    assert_unavailable(sessions.end(&end, late).await, "end");
    assert_unavailable(sessions.end_all(user, EndReason::Revoked, late).await, "end_all");
    assert_unavailable(sessions.list(user, late).await, "list");

    // A change that was only delayed would be visible by now.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(listed(fixture, user, START).await, before);
    for token in [presented, session.opening.access_token] {
        assert!(!is_revoked(fixture, token, START).await);
    }
    rotated(fixture, &session, &session.token, START).await;
}
