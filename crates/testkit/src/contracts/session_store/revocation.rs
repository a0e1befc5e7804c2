//! What the denylist knows when a session has ended.

use auth_domain::model::{EndReason, Ending, LiveAccessToken, Rotation};

use super::steps::{MINUTE, SECOND, end, end_with, is_revoked, leeway, opened, present, rotated};
use crate::{DENYLIST_MARGIN, START, SessionFixture, TestSession, an_access_token};

/// Every live access token of an ended session is in the denylist, and none of another session.
pub async fn ended_session_denylists_its_access_tokens(fixture: &SessionFixture) {
    let bystander = opened(fixture, START).await;
    let session = opened(fixture, START).await;
    let tokens = live_access_tokens(fixture, &session).await;
    let now = START + MINUTE;
    assert_eq!(end(fixture, &session, EndReason::LoggedOut, now).await, Ending::Ended);
    assert_all_revoked(fixture, &tokens).await;
    assert!(!is_revoked(fixture, bystander.opening.access_token, now).await);
}

/// The answer "reuse" is given only when the access tokens are dead.
pub async fn reuse_denylists_the_access_tokens(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let tokens = live_access_tokens(fixture, &session).await;
    let now = START + MINUTE + leeway();
    assert_eq!(present(fixture, &session, &session.token, now).await, Rotation::ReuseDetected);
    assert_all_revoked(fixture, &tokens).await;
}

/// A verifier whose clock is behind still takes a token that has just expired, so it is remembered for the margin.
pub async fn ended_session_denylists_a_token_within_the_margin(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let token = session.opening.access_token;
    rotated(fixture, &session, &session.token, token.expires_at + SECOND).await;

    let now = token.expires_at + DENYLIST_MARGIN - SECOND;
    assert_eq!(end(fixture, &session, EndReason::LoggedOut, now).await, Ending::Ended);
    assert!(is_revoked(fixture, token, now).await, "a token within the margin was forgotten");
}

/// The token that a caller logs out with is revoked, whatever session it is of.
pub async fn end_also_revokes_the_presented_token(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let foreign = an_access_token(START);
    let ending = end_with(fixture, &session, EndReason::LoggedOut, Some(foreign), START).await;
    assert_eq!(ending, Ending::Ended);
    assert_all_revoked(fixture, &[foreign, session.opening.access_token]).await;
}

/// Rotates a few times; returns every access token, the login's included.
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
        assert!(is_revoked(fixture, *token, START + MINUTE).await, "access token {nth} is alive");
    }
}
