//! Safe retries: who repeats a call under its idempotency key gets the same successor.

use auth_domain::model::{EndReason, Ending, Rotation, SealedSuccessor};

use super::steps::{HOUR, attempt, end, is_revoked, leeway, opened, present, raced, rotated};
use crate::{RACERS, ROUNDS, RotationAttempt, START, SessionFixture, TestSession};

/// The predecessor with the tag of its rotation gets the sealed successor back, within the leeway and after it.
pub async fn keyed_retry_gets_the_sealed_successor(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = keyed_rotation(fixture, &session).await;
    for later in [leeway() / 2, leeway(), HOUR] {
        let retry = session.rotation(&session.token, START + later).keyed("k1");
        let sealed = retried(attempt(fixture, &retry, START + later).await);
        let successor = retry.retry_key("k1").open(&sealed);
        assert_eq!(successor, Some(first.successor.clone()), "another successor came back");
    }
    rotated(fixture, &session, &first.successor, START + HOUR).await;

    racing_retries_get_one_successor(fixture).await;
}

async fn racing_retries_get_one_successor(fixture: &SessionFixture) {
    for _ in 0..ROUNDS {
        let session = opened(fixture, START).await;
        // Ten, since every retry brings an access token that the session has to remember.
        let attempts: Vec<_> =
            (0..RACERS.min(10)).map(|_| session.rotation(&session.token, START).keyed("k1")).collect();
        let results = raced(fixture, &attempts, START).await;
        let winner = results.iter().position(|result| *result == Rotation::Rotated).expect("one racer wins");
        for (racer, result) in results.into_iter().enumerate().filter(|(racer, _)| *racer != winner) {
            let successor = attempts[racer].retry_key("k1").open(&retried(result));
            assert_eq!(successor.as_ref(), Some(&attempts[winner].successor));
        }
    }
}

/// The access token of a retry is remembered in the same step, beside those from before.
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
        assert!(is_revoked(fixture, token, START).await, "the access token of the {origin} is alive");
    }
}

/// Another tag is judged as if there were none: by the leeway first, as reuse after it.
pub async fn retry_with_another_key_is_no_retry(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    keyed_rotation(fixture, &session).await;
    let retry = session.rotation(&session.token, START).keyed("k2");
    assert_eq!(attempt(fixture, &retry, START).await, Rotation::AlreadyUsed { rotated_from: None });
    assert_eq!(
        present(fixture, &session, &session.token, START).await,
        Rotation::AlreadyUsed { rotated_from: None },
        "with no key"
    );

    let now = START + leeway();
    let late = session.rotation(&session.token, now).keyed("k2");
    assert_eq!(attempt(fixture, &late, now).await, Rotation::ReuseDetected);

    // A rotation without a key has no retry.
    let session = opened(fixture, START).await;
    rotated(fixture, &session, &session.token, START).await;
    let retry = session.rotation(&session.token, START).keyed("k1");
    assert_eq!(attempt(fixture, &retry, START).await, Rotation::AlreadyUsed { rotated_from: None });
}

/// Once the successor is used, whoever repeats the call presents an old token.
pub async fn retry_after_the_successor_was_used_ends_the_session(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = keyed_rotation(fixture, &session).await;
    let last = rotated(fixture, &session, &first.successor, START).await;

    let retry = session.rotation(&session.token, START).keyed("k1");
    assert_eq!(attempt(fixture, &retry, START).await, Rotation::ReuseDetected);
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
        other => panic!("a retry got {other:?}"),
    }
}
