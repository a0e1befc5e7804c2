//! How much a session and a user may hold.

use std::sync::Arc;

use auth_domain::model::{
    EndReason, LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, RefreshToken, Rotation, UserId,
};
use time::OffsetDateTime;

use super::steps::{
    DAY, MINUTE, SECOND, attempt, end, is_revoked, listed, open, opened, opened_by, present, rotated,
};
use crate::{
    DENYLIST_MARGIN, RACERS, RotationAttempt, SESSION_POLICY, START, SessionFixture, TestSession, a_session,
    a_user_id, race, request_time_at,
};

/// A full session names the access token that expires first, and goes on once that one is let go.
pub async fn full_session_returns_its_oldest_access_token(fixture: &SessionFixture) {
    let (session, oldest, last) = full_session(fixture).await;
    let mut next = session.rotation(&last.successor, START).keyed("k1");
    let full = Rotation::AtCapacity { oldest };
    assert_eq!(attempt(fixture, &next, START).await, full);
    assert_eq!(attempt(fixture, &next, START).await, full, "the first refusal changed something");
    assert_eq!(attempt(fixture, &last, START).await, Rotation::Rotated, "a repeat needs no room");

    next.rotate.released = Some(oldest.id);
    assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);

    let retry = session.rotation(&last.successor, START).keyed("k1");
    let result = attempt(fixture, &retry, START).await;
    assert!(matches!(result, Rotation::AtCapacity { .. }), "a retry brings an access token, too: {result:?}");

    end(fixture, &session, EndReason::LoggedOut, START).await;
    for token in [session.opening.access_token, last.rotate.access_token, next.rotate.access_token] {
        assert!(is_revoked(fixture, token, START).await, "an access token was forgotten");
    }

    dead_access_tokens_take_no_room(fixture).await;
}

async fn dead_access_tokens_take_no_room(fixture: &SessionFixture) {
    let (session, _, last) = full_session(fixture).await;
    let mut token = last.successor;
    let now = START + SESSION_POLICY.access_ttl + DENYLIST_MARGIN;
    for _ in 0..MAX_LIVE_ACCESS_TOKENS {
        token = rotated(fixture, &session, &token, now).await.successor;
    }
}

/// Fills a session; returns the access token that expires first and the rotation that filled it.
async fn full_session(fixture: &SessionFixture) -> (TestSession, LiveAccessToken, RotationAttempt) {
    let session = opened(fixture, START).await;
    let mut rotations: Vec<RotationAttempt> = Vec::new();
    for nth in 1..MAX_LIVE_ACCESS_TOKENS {
        let token: &RefreshToken = rotations.last().map_or(&session.token, |last| &last.successor);
        let mut rotation = session.rotation(token, START);
        if nth == 5 {
            // The one that expires first is not the one that came first.
            rotation.rotate.access_token.expires_at -= MINUTE;
        }
        assert_eq!(attempt(fixture, &rotation, START).await, Rotation::Rotated, "access token {nth}");
        rotations.push(rotation);
    }
    let oldest = rotations[4].rotate.access_token;
    (session, oldest, rotations.remove(MAX_LIVE_ACCESS_TOKENS - 2))
}

/// A user has at most so many sessions; the one idle longest goes, with its access tokens.
pub async fn surplus_session_ends_the_longest_idle_one(fixture: &SessionFixture) {
    let (user, other) = (a_user_id(), a_user_id());
    let stranger = opened_by(fixture, other, START).await;
    let first = opened_of_three(fixture, user, START).await;
    let idle = opened_of_three(fixture, user, START + SECOND).await;
    let third = opened_of_three(fixture, user, START + 2 * SECOND).await;
    let first_now = rotated(fixture, &first, &first.token, START + MINUTE).await.successor;

    let now = START + 2 * MINUTE;
    let fourth = opened_of_three(fixture, user, now).await;
    assert!(is_revoked(fixture, idle.opening.access_token, now).await, "its access token lives on");
    assert!(!is_revoked(fixture, third.opening.access_token, now).await);
    let result = present(fixture, &idle, &idle.token, now).await;
    assert_eq!(result, Rotation::Ended(EndReason::Revoked));
    for (session, token) in
        [(&first, &first_now), (&third, &third.token), (&fourth, &fourth.token), (&stranger, &stranger.token)]
    {
        rotated(fixture, session, token, now).await;
    }

    dead_sessions_take_no_room(fixture).await;
    racing_logins_stay_within_the_limit(fixture).await;
}

async fn dead_sessions_take_no_room(fixture: &SessionFixture) {
    let user = a_user_id();
    let alive = opened_of_three(fixture, user, START).await;
    // The dead ones were used later, so that the living one would have to go if they counted.
    let later = START + SECOND;
    let ended = opened_of_three(fixture, user, later).await;
    end(fixture, &ended, EndReason::LoggedOut, later).await;
    let mut expired = of_three(user, later);
    expired.opening.expires_at = START + MINUTE;
    open(fixture, &expired, later).await;

    let now = START + DAY;
    opened_of_three(fixture, user, now).await;
    opened_of_three(fixture, user, now).await;
    rotated(fixture, &alive, &alive.token, now).await;
}

async fn racing_logins_stay_within_the_limit(fixture: &SessionFixture) {
    let user = a_user_id();
    race((0..RACERS).map(|_| {
        let sessions = Arc::clone(&fixture.sessions);
        let session = of_three(user, START);
        async move { sessions.open(&session.opening, request_time_at(START)).await.unwrap() }
    }))
    .await;
    assert_eq!(listed(fixture, user, START).await.len(), 3, "racing logins passed the limit");

    let mut only = a_session(user, START + SECOND);
    only.opening.max_sessions = 1;
    open(fixture, &only, START + SECOND).await;
    assert_eq!(listed(fixture, user, START + SECOND).await.len(), 1, "the limit was lowered");
}

async fn opened_of_three(fixture: &SessionFixture, user_id: UserId, now: OffsetDateTime) -> TestSession {
    let session = of_three(user_id, now);
    open(fixture, &session, now).await;
    session
}

/// A session of a user who may have three.
fn of_three(user_id: UserId, now: OffsetDateTime) -> TestSession {
    let mut session = a_session(user_id, now);
    session.opening.max_sessions = 3;
    session
}
