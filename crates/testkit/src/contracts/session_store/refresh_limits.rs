//! The limits of refreshes.

use std::time::Duration;

use auth_domain::model::{EndReason, MAX_RETRIES, RefreshLimit, RefreshToken, Rotation};
use time::OffsetDateTime;

use super::support::{
    HOUR, MILLISECOND, MINUTE, SECOND, attempt, end, grace_period, is_revoked, opened, opened_by, raced,
};
use crate::{RACERS, RotationAttempt, START, SessionFixture, TestSession, a_user_id};

// S-57
/// The limit of a session rejects a refresh until its minute has passed, and consumes and revokes nothing.
pub async fn session_limit_consumes_nothing(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let token = refreshed(fixture, &session, 3).await;
    for (later, retry_after) in [(SECOND, 59 * SECOND), (MINUTE - MILLISECOND, MILLISECOND)] {
        let next = session.rotation(&token, START + later).limited(3, 0);
        let limited = rate_limited(RefreshLimit::Session, retry_after);
        assert_eq!(attempt(fixture, &next, START + later).await, limited);
        let reason = "the rejected access token is in the denylist";
        assert!(!is_revoked(fixture, next.rotate.access_token, START).await, "{reason}");
    }
    let first = session.opening.access_token;
    assert!(!is_revoked(fixture, first, START).await, "an older access token is revoked");

    let now = START + MINUTE;
    let next = session.rotation(&token, now).limited(3, 0);
    assert_eq!(attempt(fixture, &next, now).await, Rotation::Rotated, "the token was consumed");
    let last = session.rotation(&next.successor, now).limited(1, 0);
    assert_eq!(attempt(fixture, &last, now).await, rate_limited(RefreshLimit::Session, MINUTE));
}

// S-57
/// All sessions of a user have one limit together, and every user has one.
pub async fn user_limit_counts_all_sessions(fixture: &SessionFixture) {
    let user_id = a_user_id();
    for _ in 0..2 {
        let session = opened_by(fixture, user_id, START).await;
        assert_eq!(refresh(fixture, &session, START).await, Rotation::Rotated);
    }
    let session = opened_by(fixture, user_id, START).await;
    let limited = rate_limited(RefreshLimit::User, 59 * SECOND);
    assert_eq!(refresh(fixture, &session, START + SECOND).await, limited);
    let other = opened(fixture, START).await;
    assert_eq!(refresh(fixture, &other, START + SECOND).await, Rotation::Rotated);
    assert_eq!(refresh(fixture, &session, START + MINUTE).await, Rotation::Rotated);
}

/// Presents the first token, with a limit of two refreshes for the user.
async fn refresh(fixture: &SessionFixture, session: &TestSession, now: OffsetDateTime) -> Rotation {
    attempt(fixture, &session.rotation(&session.token, now).limited(0, 2), now).await
}

/// Of concurrent refreshes of a user, no more than the limit succeed.
pub async fn concurrent_sessions_share_the_limit_of_their_user(fixture: &SessionFixture) {
    let user_id = a_user_id();
    let mut attempts = Vec::new();
    for _ in 0..RACERS {
        let session = opened_by(fixture, user_id, START).await;
        attempts.push(session.rotation(&session.token, START).limited(0, 5));
    }
    let results = raced(fixture, &attempts, START).await;
    let granted = results.iter().filter(|result| **result == Rotation::Rotated).count();
    assert_eq!(granted, 5, "{results:?}");
}

/// One rotation has a limited number of retries and shared successors in a minute, until its successor is used.
pub async fn retries_of_one_rotation_are_limited(fixture: &SessionFixture) {
    for key in [None, Some("k1")] {
        let session = opened(fixture, START).await;
        let attempt_with_key = |token: &RefreshToken| {
            let attempt = session.rotation(token, START);
            if let Some(key) = key { attempt.keyed(key) } else { attempt }.shared()
        };
        let first = attempt_with_key(&session.token);
        assert_eq!(attempt(fixture, &first, START).await, Rotation::Rotated);
        for number in 0..MAX_RETRIES {
            let result = releasing(fixture, attempt_with_key(&session.token), START).await;
            let is_granted = matches!(result, Rotation::Retried(_) | Rotation::Shared { .. });
            assert!(is_granted, "retry {number}: {result:?}");
        }
        let again = attempt_with_key(&session.token);
        assert_eq!(attempt(fixture, &again, START).await, rate_limited(RefreshLimit::Retries, MINUTE));

        let later = if key.is_some() { START + MINUTE } else { START };
        if let Some(key) = key {
            // Its client may have lost every answer.
            let again = session.rotation(&session.token, later).keyed(key);
            let retried = releasing(fixture, again, later).await;
            assert!(matches!(retried, Rotation::Retried(_)), "{retried:?}");
        }
        let next = session.rotation(&first.successor, later).shared();
        assert_eq!(releasing(fixture, next.clone(), later).await, Rotation::Rotated);
        let again = releasing(fixture, session.rotation(&first.successor, later).shared(), later).await;
        assert!(matches!(again, Rotation::Shared { .. }), "{again:?}");
    }
}

/// A call that is repeated counts once, and a repeat is not limited.
pub async fn repeated_refresh_counts_once_and_is_not_limited(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = session.rotation(&session.token, START).shared().limited(2, 2);
    for repeat in [first.clone(), first.clone().repeated(), first.clone().limited(1, 1)] {
        assert_eq!(attempt(fixture, &repeat, START).await, Rotation::Rotated);
    }
    let again = session.rotation(&session.token, START).shared().limited(2, 2);
    for repeat in [again.clone(), again.repeated()] {
        assert!(matches!(attempt(fixture, &repeat, START).await, Rotation::Shared { .. }));
    }
    let other = session.rotation(&session.token, START).shared().limited(2, 2);
    assert_eq!(attempt(fixture, &other, START).await, rate_limited(RefreshLimit::Session, MINUTE));
}

/// A used token outside of the grace period ends its session, also if the limits are reached.
pub async fn reuse_is_not_limited(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    refreshed(fixture, &session, 1).await;
    let now = START + grace_period();
    let again = session.rotation(&session.token, now).limited(1, 1);
    assert_eq!(
        attempt(fixture, &again, now).await,
        Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }
    );
}

/// Concurrent requests do not reach the store in the order of their start. One that started a little before the minute
/// counts in it.
pub async fn request_older_than_the_minute_counts_in_it(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = session.rotation(&session.token, START).limited(1, 1);
    assert_eq!(attempt(fixture, &first, START).await, Rotation::Rotated);
    let now = START - MILLISECOND;
    let older = session.rotation(&first.successor, now).limited(1, 1);
    assert_eq!(
        attempt(fixture, &older, now).await,
        rate_limited(RefreshLimit::Session, MINUTE + MILLISECOND)
    );
}

/// A minute that a clock ahead stored in the future rejects nothing.
pub async fn clock_ahead_does_not_prolong_a_rejection(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let ahead = session.rotation(&session.token, START + HOUR).limited(1, 1);
    assert_eq!(attempt(fixture, &ahead, START + HOUR).await, Rotation::Rotated);
    let next = session.rotation(&ahead.successor, START).limited(1, 1);
    assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);
    let last = session.rotation(&next.successor, START).limited(1, 1);
    assert_eq!(attempt(fixture, &last, START).await, rate_limited(RefreshLimit::Session, MINUTE));
}

/// A limit is reported before the session is full: the caller revokes an access token to make room.
pub async fn limit_comes_before_the_room_for_an_access_token(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let token = refreshed(fixture, &session, 15).await;
    let next = session.rotation(&token, START).limited(15, 0);
    assert_eq!(attempt(fixture, &next, START).await, rate_limited(RefreshLimit::Session, MINUTE));
    let unlimited = session.rotation(&token, START);
    assert!(matches!(attempt(fixture, &unlimited, START).await, Rotation::AtCapacity { .. }));
    end(fixture, &session, EndReason::LoggedOut, START).await;
}

/// Attempts a rotation, and again with the release that a full session asks for.
async fn releasing(fixture: &SessionFixture, mut again: RotationAttempt, now: OffsetDateTime) -> Rotation {
    match attempt(fixture, &again, now).await {
        Rotation::AtCapacity { oldest } => {
            again.rotate.released = Some(oldest.id);
            attempt(fixture, &again, now).await
        }
        result => result,
    }
}

/// Refreshes a session `times` times at [`START`]; returns the current token.
async fn refreshed(fixture: &SessionFixture, session: &TestSession, times: u32) -> RefreshToken {
    let mut token = session.token.clone();
    for _ in 0..times {
        let next = session.rotation(&token, START).limited(times, times);
        assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);
        token = next.successor;
    }
    token
}

fn rate_limited(limit: RefreshLimit, retry_after: Duration) -> Rotation {
    Rotation::RateLimited { limit, retry_after }
}
