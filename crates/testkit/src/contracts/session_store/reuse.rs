//! Reuse: a used token that is presented again.

use std::time::Duration;

use auth_domain::model::{EndReason, LimitKey, Rotation};

use super::support::{MILLISECOND, MINUTE, attempt, grace_period, listed, opened, present, rotated};
use crate::{START, SessionFixture};

/// In the grace period the immediate predecessor is rejected, and the session goes on, because browser tabs may race.
pub async fn predecessor_in_the_grace_period_ends_nothing(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let address = LimitKey::from_bytes([1; 16]);
    let next = session.rotation(&session.token, START).rotated_from(address);
    assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);
    for later in [Duration::ZERO, grace_period() / 2, grace_period() - MILLISECOND] {
        let elsewhere =
            session.rotation(&session.token, START + later).rotated_from(LimitKey::from_bytes([2; 16]));
        let result = attempt(fixture, &elsewhere, START + later).await;
        assert_eq!(
            result,
            Rotation::AlreadyUsed { rotated_from: Some(address) },
            "{later:?} after the rotation"
        );
    }
    rotated(fixture, &session, &next.successor, START + grace_period()).await;
    let result = present(fixture, &session, &next.successor, START + grace_period()).await;
    assert_eq!(
        result,
        Rotation::AlreadyUsed { rotated_from: None },
        "the last rotation had no known address"
    );
}

/// The predecessor after the grace period is reuse, which ends the session.
pub async fn reused_token_ends_the_session(fixture: &SessionFixture) {
    for later in [grace_period(), 100 * MINUTE] {
        let session = opened(fixture, START).await;
        let next = rotated(fixture, &session, &session.token, START).await;
        let now = START + later;
        assert_eq!(
            present(fixture, &session, &session.token, now).await,
            Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }
        );

        for token in [&next.successor, &session.token] {
            let result = present(fixture, &session, token, now).await;
            assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected), "after the reuse");
        }
        assert_eq!(listed(fixture, session.token.session().user_id, now).await, []);
    }
}

// S-52
/// A rotation that was stored by a clock ahead does not stay in the grace period until that time.
pub async fn clock_ahead_does_not_prolong_the_grace_period(fixture: &SessionFixture) {
    let ahead = START + 60 * MINUTE;
    for (earlier, expected) in [
        (grace_period() - MILLISECOND, Rotation::AlreadyUsed { rotated_from: None }),
        (grace_period(), Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }),
        (60 * MINUTE, Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }),
    ] {
        let session = opened(fixture, START).await;
        rotated(fixture, &session, &session.token, ahead).await;
        assert_eq!(present(fixture, &session, &session.token, ahead - earlier).await, expected);
    }
}

/// With a grace period of zero, the predecessor is reuse at once.
pub async fn without_a_grace_period_reuse_is_immediate(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let next = rotated(fixture, &session, &session.token, START).await;
    let again = session.rotation(&session.token, START).with_grace_period(Duration::ZERO);
    assert_eq!(
        attempt(fixture, &again, START).await,
        Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }
    );
    let result = present(fixture, &session, &next.successor, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected));
}

/// The grace period applies only to the immediate predecessor.
pub async fn older_token_ends_the_session_in_the_grace_period(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let next = rotated(fixture, &session, &session.token, START).await;
    let last = rotated(fixture, &session, &next.successor, START).await;
    assert_eq!(
        present(fixture, &session, &session.token, START).await,
        Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false }
    );
    let result = present(fixture, &session, &last.successor, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected));
}

/// A used token ends its session after any number of rotations.
pub async fn reuse_is_recognised_after_many_rotations(fixture: &SessionFixture) {
    for reused in [0, 1, 60, 118] {
        let session = opened(fixture, START).await;
        let (mut now, mut tokens) = (START, vec![session.token.clone()]);
        for _ in 0..120 {
            // Two minutes apart, so that the session is never full of live access tokens.
            now += 2 * MINUTE;
            let current = &tokens[tokens.len() - 1];
            tokens.push(rotated(fixture, &session, current, now).await.successor);
        }
        let result = present(fixture, &session, &tokens[reused], now).await;
        assert_eq!(
            result,
            Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false },
            "token {reused} of {}",
            tokens.len()
        );
    }
}
