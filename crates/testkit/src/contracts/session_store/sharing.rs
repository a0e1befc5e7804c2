//! Concurrent refreshes: the immediate predecessor gets the successor of its rotation.

use auth_domain::model::{EndReason, Ending, LimitKey, RefreshToken, Rotation};

use super::support::{MILLISECOND, attempt, end, grace_period, is_revoked, opened, present, raced, rotated};
use crate::{RACERS, ROUNDS, RotationAttempt, START, SessionFixture, TestSession};

const REUSE: Rotation = Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false };

/// The predecessor gets the sealed successor in the grace period, with any idempotency key or none.
pub async fn shared_successor_is_the_one_of_the_rotation(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let address = LimitKey::from_bytes([1; 16]);
    let first = session.rotation(&session.token, START).shared().rotated_from(address);
    assert_eq!(attempt(fixture, &first, START).await, Rotation::Rotated);
    let now = START + grace_period() - MILLISECOND;
    let again = session.rotation(&session.token, now).rotated_from(LimitKey::from_bytes([2; 16]));
    for again in [again.clone().shared(), again.keyed("k1").shared()] {
        let (successor, rotated_from) = shared(&again, &attempt(fixture, &again, now).await);
        assert_eq!((successor, rotated_from), (first.successor.clone(), Some(address)));
    }
    rotated(fixture, &session, &first.successor, now).await;

    concurrent_refreshes_get_one_successor(fixture).await;
}

async fn concurrent_refreshes_get_one_successor(fixture: &SessionFixture) {
    for _ in 0..ROUNDS {
        let session = opened(fixture, START).await;
        // At most ten, because every shared refresh adds an access token to the session.
        let attempts: Vec<_> =
            (0..RACERS.min(10)).map(|_| session.rotation(&session.token, START).shared()).collect();
        let results = raced(fixture, &attempts, START).await;
        let winners: Vec<_> =
            attempts.iter().zip(&results).filter(|(_, result)| **result == Rotation::Rotated).collect();
        assert_eq!(winners.len(), 1, "one rotation succeeds");
        for (attempt, result) in
            attempts.iter().zip(&results).filter(|(_, result)| **result != Rotation::Rotated)
        {
            assert_eq!(shared(attempt, result).0, winners[0].0.successor);
        }
        rotated(fixture, &session, &winners[0].0.successor, START).await;
    }
}

/// After the grace period the predecessor is reuse, with any idempotency key but the one of the rotation.
pub async fn successor_is_not_shared_after_the_grace_period(fixture: &SessionFixture) {
    let now = START + grace_period();
    for key in [None, Some("k2")] {
        let (session, _) = shared_rotation(fixture).await;
        let again = session.rotation(&session.token, now);
        let again = if let Some(key) = key { again.keyed(key) } else { again };
        assert_eq!(attempt(fixture, &again.shared(), now).await, REUSE);
    }
}

// S-52
/// An older token than the predecessor ends the session at once.
pub async fn older_token_is_not_shared(fixture: &SessionFixture) {
    let (session, first) = shared_rotation(fixture).await;
    let next = session.rotation(&first.successor, START).shared();
    assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);
    let again = session.rotation(&session.token, START).shared();
    assert_eq!(attempt(fixture, &again, START).await, REUSE);
    let result = present(fixture, &session, &next.successor, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected));
}

/// A successor that was used is not handed out again.
pub async fn used_successor_is_not_shared(fixture: &SessionFixture) {
    let (session, first) = shared_rotation(fixture).await;
    // This rotation seals no successor.
    rotated(fixture, &session, &first.successor, START).await;
    let again = session.rotation(&first.successor, START).shared();
    assert_eq!(attempt(fixture, &again, START).await, Rotation::AlreadyUsed { rotated_from: None });
}

/// A shared refresh stores its access token in the session, so that the end of the session revokes it.
pub async fn access_token_of_a_shared_refresh_is_revoked_with_its_session(fixture: &SessionFixture) {
    let (session, _) = shared_rotation(fixture).await;
    let again = session.rotation(&session.token, START).shared();
    shared(&again, &attempt(fixture, &again, START).await);
    assert_eq!(end(fixture, &session, EndReason::LoggedOut, START).await, Ending::Ended);
    let is_revoked = is_revoked(fixture, again.rotate.access_token, START).await;
    assert!(is_revoked, "the access token of the shared refresh is still valid");
}

/// A repeated call whose successor was used meanwhile ends nothing, because its client may have used it.
pub async fn repeat_of_an_older_token_ends_nothing(fixture: &SessionFixture) {
    let (session, first) = shared_rotation(fixture).await;
    let next = rotated(fixture, &session, &first.successor, START).await;
    let repeat = first.repeated();
    assert_eq!(attempt(fixture, &repeat, START).await, Rotation::AlreadyUsed { rotated_from: None });
    rotated(fixture, &session, &next.successor, START).await;
}

// S-48
/// The call without an answer has ended the session; its repeat reports the reuse. Without a repeat it is an end.
pub async fn repeated_reuse_is_detected_again(fixture: &SessionFixture) {
    let (session, first) = shared_rotation(fixture).await;
    let now = START + grace_period();
    let reuse = session.rotation(&session.token, now);
    for (call, expected) in [
        (reuse.clone(), Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }),
        (
            reuse.clone().repeated(),
            Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false },
        ),
        (reuse, Rotation::Ended(EndReason::ReuseDetected)),
    ] {
        assert_eq!(attempt(fixture, &call, now).await, expected);
    }
    assert!(is_revoked(fixture, first.rotate.access_token, now).await);

    let session = opened(fixture, START).await;
    end(fixture, &session, EndReason::LoggedOut, START).await;
    let repeat = session.rotation(&session.token, START).repeated();
    assert_eq!(attempt(fixture, &repeat, START).await, Rotation::Ended(EndReason::LoggedOut));
}

/// Rotates the first token, and shares its successor.
async fn shared_rotation(fixture: &SessionFixture) -> (TestSession, RotationAttempt) {
    let session = opened(fixture, START).await;
    let first = session.rotation(&session.token, START).shared();
    assert_eq!(attempt(fixture, &first, START).await, Rotation::Rotated);
    (session, first)
}

/// Returns the successor that a call got, and the address of the rotation.
fn shared(attempt: &RotationAttempt, result: &Rotation) -> (RefreshToken, Option<LimitKey>) {
    match result {
        Rotation::Shared { sealed, rotated_from } => {
            (attempt.open(sealed).expect("the holder of the token opens it"), *rotated_from)
        }
        other => panic!("expected a shared successor, got {other:?}"),
    }
}
