//! The tenant and the user of a session.

use auth_domain::model::{EndReason, EndSession, Ending, RefreshTokenDigest, Rotation, SessionRef};

use super::support::{attempt, end, grace_period, is_revoked, opened, rotated};
use crate::{START, SessionFixture, a_tenant_id, a_user_id, request_time_at};

/// A rotation for another tenant does not consume the token, add an access token or end the session.
pub async fn other_tenant_changes_nothing(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let mut foreign = session.rotation(&session.token, START);
    foreign.rotate.tenant_id = a_tenant_id();
    assert_eq!(attempt(fixture, &foreign, START).await, Rotation::TenantMismatch);
    let next = rotated(fixture, &session, &session.token, START).await;

    // Reuse for another tenant does not end the session either.
    let now = START + grace_period();
    let mut reuse = session.rotation(&session.token, now);
    reuse.rotate.tenant_id = a_tenant_id();
    assert_eq!(attempt(fixture, &reuse, now).await, Rotation::TenantMismatch);
    rotated(fixture, &session, &next.successor, now).await;

    end(fixture, &session, EndReason::LoggedOut, now).await;
    assert!(
        !is_revoked(fixture, foreign.rotate.access_token, now).await,
        "the session has stored the access token of another tenant"
    );
}

/// A session id with another user id is unknown.
pub async fn session_is_found_only_with_its_user(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let foreign = SessionRef { user_id: a_user_id(), ..session.token.session() };
    let mut rotation = session.rotation(&session.token, START);
    for digest in [&mut rotation.rotate.presented, &mut rotation.rotate.successor] {
        *digest = RefreshTokenDigest { session: foreign, ..*digest };
    }
    assert_eq!(attempt(fixture, &rotation, START).await, Rotation::Unknown);

    let end = EndSession { session: foreign, reason: EndReason::LoggedOut, also_revoke: None };
    assert_eq!(fixture.sessions.end(&end, request_time_at(START)).await.unwrap(), Ending::Unknown);
    rotated(fixture, &session, &session.token, START).await;
}
