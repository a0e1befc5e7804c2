//! Limits: the access tokens of a session, and the sessions of a user.

use std::sync::Arc;

use auth_domain::model::{
    EndReason, LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, RefreshToken, Rotation, UserId,
};
use time::OffsetDateTime;

use super::support::{
    DAY, MINUTE, SECOND, attempt, end, is_revoked, listed, open, opened, opened_by, present, rotated,
};
use crate::{
    DENYLIST_MARGIN, RACERS, RotationAttempt, SESSION_POLICY, START, SessionFixture, TestSession, a_session,
    a_user_id, race, request_time_at,
};

/// A full session returns the access token that expires first, and rotates once that token is released.
pub async fn full_session_returns_its_oldest_access_token(fixture: &SessionFixture) {
    let (session, oldest, last) = full_session(fixture).await;
    let mut next = session.rotation(&last.successor, START).keyed("k1");
    let full = Rotation::AtCapacity { oldest };
    assert_eq!(attempt(fixture, &next, START).await, full);
    assert_eq!(attempt(fixture, &next, START).await, full, "the first rejection changed the session");
    assert_eq!(attempt(fixture, &last, START).await, Rotation::Rotated, "a repeated rotation needs no room");

    next.rotate.released = Some(oldest.id);
    assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);

    let retry = session.rotation(&last.successor, START).keyed("k1");
    let result = attempt(fixture, &retry, START).await;
    assert!(matches!(result, Rotation::AtCapacity { .. }), "a retry adds an access token, too: {result:?}");

    end(fixture, &session, EndReason::LoggedOut, START).await;
    for token in [session.opening.access_token, last.rotate.access_token, next.rotate.access_token] {
        assert!(is_revoked(fixture, token, START).await, "an access token is still valid");
    }

    expired_access_tokens_take_no_room(fixture).await;
}

async fn expired_access_tokens_take_no_room(fixture: &SessionFixture) {
    let (session, _, last) = full_session(fixture).await;
    let mut token = last.successor;
    let now = START + SESSION_POLICY.access_ttl + DENYLIST_MARGIN;
    for _ in 0..MAX_LIVE_ACCESS_TOKENS {
        token = rotated(fixture, &session, &token, now).await.successor;
    }
}

/// A full session that may release its oldest access token denylists it in the same operation and rotates, or returns it as
/// before.
pub async fn full_session_may_release_its_oldest_access_token(fixture: &SessionFixture) {
    let (session, oldest, last) = full_session(fixture).await;
    let mut next = session.rotation(&last.successor, START);
    next.rotate.releases_oldest = true;
    let mut outcome = attempt(fixture, &next, START).await;
    if outcome == (Rotation::AtCapacity { oldest }) {
        assert!(!is_revoked(fixture, oldest, START).await, "a rejection changed the denylist");
        fixture.denylist.add(oldest, request_time_at(START)).await.unwrap();
        next.rotate.released = Some(oldest.id);
        outcome = attempt(fixture, &next, START).await;
    }
    assert_eq!(outcome, Rotation::Rotated);
    assert!(is_revoked(fixture, oldest, START).await, "the released access token is still valid");
    let kept = [session.opening.access_token, last.rotate.access_token, next.rotate.access_token];
    for token in kept {
        assert!(!is_revoked(fixture, token, START).await, "another access token was released");
    }
    let full = session.rotation(&next.successor, START);
    let full = attempt(fixture, &full, START).await;
    assert!(matches!(full, Rotation::AtCapacity { .. }), "more than one access token was released: {full:?}");

    end(fixture, &session, EndReason::LoggedOut, START).await;
    for token in kept {
        assert!(is_revoked(fixture, token, START).await, "an access token is still valid");
    }
}

/// Fills a session; returns the access token that expires first and the rotation that filled it.
pub(super) async fn full_session(
    fixture: &SessionFixture,
) -> (TestSession, LiveAccessToken, RotationAttempt) {
    let session = opened(fixture, START).await;
    let mut rotations: Vec<RotationAttempt> = Vec::new();
    for nth in 1..MAX_LIVE_ACCESS_TOKENS {
        let token: &RefreshToken = rotations.last().map_or(&session.token, |last| &last.successor);
        let mut rotation = session.rotation(token, START);
        if nth == 5 {
            // The token that expires first is not the oldest one.
            rotation.rotate.access_token.expires_at -= MINUTE;
        }
        assert_eq!(attempt(fixture, &rotation, START).await, Rotation::Rotated, "access token {nth}");
        rotations.push(rotation);
    }
    let oldest = rotations[4].rotate.access_token;
    (session, oldest, rotations.remove(MAX_LIVE_ACCESS_TOKENS - 2))
}

/// A session beyond the limit of its user ends the one that is idle longest, and revokes its access tokens.
pub async fn session_over_the_limit_ends_the_longest_idle_one(fixture: &SessionFixture) {
    let (user, other) = (a_user_id(), a_user_id());
    let stranger = opened_by(fixture, other, START).await;
    let first = open_with_limit_of_three(fixture, user, START).await;
    let idle = open_with_limit_of_three(fixture, user, START + SECOND).await;
    let third = open_with_limit_of_three(fixture, user, START + 2 * SECOND).await;
    let first_now = rotated(fixture, &first, &first.token, START + MINUTE).await.successor;

    let now = START + 2 * MINUTE;
    let fourth = open_with_limit_of_three(fixture, user, now).await;
    assert!(
        is_revoked(fixture, idle.opening.access_token, now).await,
        "the access token of the ended session is still valid"
    );
    assert!(!is_revoked(fixture, third.opening.access_token, now).await);
    let result = present(fixture, &idle, &idle.token, now).await;
    assert_eq!(result, Rotation::Ended(EndReason::Revoked));
    for (session, token) in
        [(&first, &first_now), (&third, &third.token), (&fourth, &fourth.token), (&stranger, &stranger.token)]
    {
        rotated(fixture, session, token, now).await;
    }

    ended_sessions_take_no_room(fixture).await;
    concurrent_logins_stay_within_the_limit(fixture).await;
}

async fn ended_sessions_take_no_room(fixture: &SessionFixture) {
    let user = a_user_id();
    let live = open_with_limit_of_three(fixture, user, START).await;
    // The ended and the expired session were used later. If they counted, the live one would be ended.
    let later = START + SECOND;
    let ended = open_with_limit_of_three(fixture, user, later).await;
    end(fixture, &ended, EndReason::LoggedOut, later).await;
    let mut expired = limited_to_three(user, later);
    expired.opening.expires_at = START + MINUTE;
    open(fixture, &expired, later).await;

    let now = START + DAY;
    open_with_limit_of_three(fixture, user, now).await;
    open_with_limit_of_three(fixture, user, now).await;
    rotated(fixture, &live, &live.token, now).await;
}

async fn concurrent_logins_stay_within_the_limit(fixture: &SessionFixture) {
    let user = a_user_id();
    race((0..RACERS).map(|_| {
        let sessions = Arc::clone(&fixture.sessions);
        let session = limited_to_three(user, START);
        async move { sessions.open(&session.opening, request_time_at(START)).await.unwrap() }
    }))
    .await;
    assert_eq!(listed(fixture, user, START).await.len(), 3, "concurrent logins exceeded the limit");

    let mut only = a_session(user, START + SECOND);
    only.opening.max_sessions = 1;
    open(fixture, &only, START + SECOND).await;
    assert_eq!(
        listed(fixture, user, START + SECOND).await.len(),
        1,
        "a lower limit did not end the other sessions"
    );
}

async fn open_with_limit_of_three(
    fixture: &SessionFixture,
    user_id: UserId,
    now: OffsetDateTime,
) -> TestSession {
    let session = limited_to_three(user_id, now);
    open(fixture, &session, now).await;
    session
}

/// A session of a user with a limit of three.
fn limited_to_three(user_id: UserId, now: OffsetDateTime) -> TestSession {
    let mut session = a_session(user_id, now);
    session.opening.max_sessions = 3;
    session
}
