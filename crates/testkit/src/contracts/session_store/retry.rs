//! Retries: a refresh that is repeated with its idempotency key gets the same successor.

use auth_domain::model::{EndReason, Ending, Rotation, SealedSuccessor};

use super::support::{HOUR, attempt, end, grace_period, is_revoked, opened, present, raced, rotated};
use crate::{RACERS, ROUNDS, RotationAttempt, START, SessionFixture, TestSession};

/// The predecessor with the retry tag of its rotation returns the sealed successor, in the grace period and after it.
pub async fn retry_returns_the_sealed_successor(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = keyed_rotation(fixture, &session).await;
    for later in [grace_period() / 2, grace_period(), HOUR] {
        let retry = session.rotation(&session.token, START + later).keyed("k1");
        let sealed = retried(attempt(fixture, &retry, START + later).await);
        let successor = retry.open(&sealed);
        assert_eq!(successor, Some(first.successor.clone()), "the retry returned another successor");
    }
    rotated(fixture, &session, &first.successor, START + HOUR).await;

    concurrent_retries_get_one_successor(fixture).await;
}

async fn concurrent_retries_get_one_successor(fixture: &SessionFixture) {
    for _ in 0..ROUNDS {
        let session = opened(fixture, START).await;
        // At most ten, because every retry adds an access token to the session.
        let attempts: Vec<_> =
            (0..RACERS.min(10)).map(|_| session.rotation(&session.token, START).keyed("k1")).collect();
        let results = raced(fixture, &attempts, START).await;
        let winner =
            results.iter().position(|result| *result == Rotation::Rotated).expect("one rotation succeeds");
        for (racer, result) in results.into_iter().enumerate().filter(|(racer, _)| *racer != winner) {
            let successor = attempts[racer].open(&retried(result));
            assert_eq!(successor.as_ref(), Some(&attempts[winner].successor));
        }
    }
}

/// A retry stores its access token in the session, so that the end of the session revokes it.
pub async fn access_token_of_a_retry_is_revoked_with_its_session(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = keyed_rotation(fixture, &session).await;
    let retry = session.rotation(&session.token, START).keyed("k1");
    retried(attempt(fixture, &retry, START).await);

    assert_eq!(end(fixture, &session, EndReason::LoggedOut, START).await, Ending::Ended);
    let tokens = [
        ("login", session.opening.access_token),
        ("rotation", first.rotate.access_token),
        ("retry", retry.rotate.access_token),
    ];
    for (origin, token) in tokens {
        assert!(is_revoked(fixture, token, START).await, "the access token of the {origin} is still valid");
    }
}

/// A retry with another tag is treated like one without a key: already used in the grace period, reuse after it.
pub async fn another_idempotency_key_is_not_a_retry(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    keyed_rotation(fixture, &session).await;
    let retry = session.rotation(&session.token, START).keyed("k2");
    assert_eq!(attempt(fixture, &retry, START).await, Rotation::AlreadyUsed { rotated_from: None });
    assert_eq!(
        present(fixture, &session, &session.token, START).await,
        Rotation::AlreadyUsed { rotated_from: None },
        "without a key"
    );

    let now = START + grace_period();
    let late = session.rotation(&session.token, now).keyed("k2");
    assert_eq!(
        attempt(fixture, &late, now).await,
        Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }
    );

    // A rotation without a key cannot be retried.
    let session = opened(fixture, START).await;
    rotated(fixture, &session, &session.token, START).await;
    let retry = session.rotation(&session.token, START).keyed("k1");
    assert_eq!(attempt(fixture, &retry, START).await, Rotation::AlreadyUsed { rotated_from: None });
}

/// A retry after the successor was used is reuse of an older token.
pub async fn retry_after_the_successor_was_used_ends_the_session(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = keyed_rotation(fixture, &session).await;
    let last = rotated(fixture, &session, &first.successor, START).await;

    let retry = session.rotation(&session.token, START).keyed("k1");
    assert_eq!(
        attempt(fixture, &retry, START).await,
        Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }
    );
    let result = present(fixture, &session, &last.successor, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected));
}

/// Rotates the first token under the key `k1`.
async fn keyed_rotation(fixture: &SessionFixture, session: &TestSession) -> RotationAttempt {
    let first = session.rotation(&session.token, START).keyed("k1");
    assert_eq!(attempt(fixture, &first, START).await, Rotation::Rotated);
    first
}

fn retried(result: Rotation) -> SealedSuccessor {
    match result {
        Rotation::Retried(retry) => retry,
        other => panic!("expected a retry, got {other:?}"),
    }
}
