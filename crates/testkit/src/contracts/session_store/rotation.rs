//! Rotation: one of several concurrent rotations wins, and a repeated one is not reuse.

use auth_domain::model::{MAX_LIVE_ACCESS_TOKENS, Rotation};

use super::support::{HOUR, attempt, opened, present, raced, rotated};
use crate::{RACERS, ROUNDS, RotationAttempt, START, SessionFixture, TestSession};

/// Exactly one of many concurrent rotations of a token wins; in the grace period the others do not end the session.
pub async fn one_concurrent_rotation_wins(fixture: &SessionFixture) {
    for _ in 0..ROUNDS {
        let session = opened(fixture, START).await;
        let results = raced(fixture, &attempts(&session), START).await;
        let winners = results.iter().filter(|result| **result == Rotation::Rotated).count();
        assert_eq!(winners, 1, "{results:?}");
        let losers =
            results.iter().filter(|result| **result == Rotation::AlreadyUsed { rotated_from: None }).count();
        assert_eq!(losers, RACERS - 1, "{results:?}");
    }
}

/// The successor of the winning rotation becomes current, and no other.
pub async fn only_the_successor_of_the_winner_is_current(fixture: &SessionFixture) {
    for _ in 0..ROUNDS {
        let session = opened(fixture, START).await;
        let attempts = attempts(&session);
        let results = raced(fixture, &attempts, START).await;
        let (winners, losers): (Vec<_>, Vec<_>) =
            attempts.iter().zip(results).partition(|(_, result)| *result == Rotation::Rotated);
        let [(winner, _)] = winners.as_slice() else { panic!("{} rotations won", winners.len()) };

        rotated(fixture, &session, &winner.successor, START).await;
        let (loser, _) = &losers[0];
        let result = present(fixture, &session, &loser.successor, START).await;
        assert_ne!(result, Rotation::Rotated, "the successor of another rotation is current");
    }
}

/// A caller that got no answer can repeat the rotation until the successor is used.
pub async fn repeated_rotation_is_idempotent(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let first = rotated(fixture, &session, &session.token, START).await;
    // More often than the session has room for access tokens: a repeated rotation adds none.
    for _ in 0..2 * MAX_LIVE_ACCESS_TOKENS {
        assert_eq!(attempt(fixture, &first, START).await, Rotation::Rotated);
    }
    assert_eq!(
        attempt(fixture, &first, START + HOUR).await,
        Rotation::Rotated,
        "long after the grace period"
    );

    rotated(fixture, &session, &first.successor, START + HOUR).await;
    let late = attempt(fixture, &first, START + HOUR).await;
    assert_eq!(
        late,
        Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false },
        "the successor was used"
    );
}

fn attempts(session: &TestSession) -> Vec<RotationAttempt> {
    (0..RACERS).map(|_| session.rotation(&session.token, START)).collect()
}
