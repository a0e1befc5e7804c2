//! The denylist after a session has ended.

use auth_domain::model::{EndReason, Ending, LiveAccessToken, Rotation};

use super::support::{MINUTE, SECOND, end, end_with, grace_period, is_revoked, opened, present, rotated};
use crate::{DENYLIST_MARGIN, START, SessionFixture, TestSession, an_access_token};

/// The denylist contains every live access token of the ended session, and none of another session.
pub async fn ended_session_denylists_its_access_tokens(fixture: &SessionFixture) {
    let bystander = opened(fixture, START).await;
    let session = opened(fixture, START).await;
    let tokens = live_access_tokens(fixture, &session).await;
    let now = START + MINUTE;
    assert_eq!(end(fixture, &session, EndReason::LoggedOut, now).await, Ending::Ended);
    assert_all_revoked(fixture, &tokens).await;
    assert!(!is_revoked(fixture, bystander.opening.access_token, now).await);
}

/// The access tokens are revoked before `ReuseDetected` is returned.
pub async fn reuse_denylists_the_access_tokens(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let tokens = live_access_tokens(fixture, &session).await;
    let now = START + MINUTE + grace_period();
    assert_eq!(
        present(fixture, &session, &session.token, now).await,
        Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }
    );
    assert_all_revoked(fixture, &tokens).await;
}

/// A token that expired less than a margin ago is denylisted, because a verifier with a slow clock still accepts it.
pub async fn ended_session_denylists_a_token_within_the_margin(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let token = session.opening.access_token;
    rotated(fixture, &session, &session.token, token.expires_at + SECOND).await;

    let now = token.expires_at + DENYLIST_MARGIN - SECOND;
    assert_eq!(end(fixture, &session, EndReason::LoggedOut, now).await, Ending::Ended);
    assert!(is_revoked(fixture, token, now).await, "a token within the margin is not denylisted");
}

/// The access token of the logout request is revoked, even if it belongs to another session.
pub async fn end_also_revokes_the_presented_token(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let foreign = an_access_token(START);
    let ending = end_with(fixture, &session, EndReason::LoggedOut, Some(foreign), START).await;
    assert_eq!(ending, Ending::Ended);
    assert_all_revoked(fixture, &[foreign, session.opening.access_token]).await;
}

/// Rotates a few times; returns every access token, including that of the login.
async fn live_access_tokens(fixture: &SessionFixture, session: &TestSession) -> Vec<LiveAccessToken> {
    let (mut token, mut tokens) = (session.token.clone(), vec![session.opening.access_token]);
    for _ in 0..5 {
        let next = rotated(fixture, session, &token, START + MINUTE).await;
        tokens.push(next.rotate.access_token);
        token = next.successor;
    }
    tokens
}

async fn assert_all_revoked(fixture: &SessionFixture, tokens: &[LiveAccessToken]) {
    for (nth, token) in tokens.iter().enumerate() {
        assert!(is_revoked(fixture, *token, START + MINUTE).await, "access token {nth} is still valid");
    }
}
