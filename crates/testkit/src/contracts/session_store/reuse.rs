//! Reuse: what a used token does to its session.

use std::time::Duration;

use auth_domain::model::{EndReason, LimitKey, Rotation};

use super::steps::{MILLISECOND, MINUTE, attempt, leeway, listed, opened, present, rotated};
use crate::{START, SessionFixture};

/// Tabs race: for a moment the immediate predecessor gets a rejection that ends nothing.
pub async fn predecessor_in_the_grace_period_ends_nothing(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let address = LimitKey::from_bytes([1; 16]);
    let next = session.rotation(&session.token, START).rotated_from(address);
    assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);
    for later in [Duration::ZERO, leeway() / 2, leeway() - MILLISECOND] {
        let elsewhere =
            session.rotation(&session.token, START + later).rotated_from(LimitKey::from_bytes([2; 16]));
        let result = attempt(fixture, &elsewhere, START + later).await;
        assert_eq!(
            result,
            Rotation::AlreadyUsed { rotated_from: Some(address) },
            "{later:?} after the rotation"
        );
    }
    rotated(fixture, &session, &next.successor, START + leeway()).await;
    let result = present(fixture, &session, &next.successor, START + leeway()).await;
    assert_eq!(
        result,
        Rotation::AlreadyUsed { rotated_from: None },
        "the last rotation came from nowhere known"
    );
}

/// After the leeway the predecessor is a stolen token.
pub async fn reused_token_ends_the_session(fixture: &SessionFixture) {
    for later in [leeway(), 100 * MINUTE] {
        let session = opened(fixture, START).await;
        let next = rotated(fixture, &session, &session.token, START).await;
        let now = START + later;
        assert_eq!(present(fixture, &session, &session.token, now).await, Rotation::ReuseDetected);

        for token in [&next.successor, &session.token] {
            let result = present(fixture, &session, token, now).await;
            assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected), "after the reuse");
        }
        assert_eq!(listed(fixture, session.token.session().user_id, now).await, []);
    }
}

// S-52
/// A rotation that a clock ahead has stored in the future does not stay within the leeway until that time.
pub async fn clock_ahead_does_not_prolong_the_grace_period(fixture: &SessionFixture) {
    let ahead = START + 60 * MINUTE;
    for (earlier, expected) in [
        (leeway() - MILLISECOND, Rotation::AlreadyUsed { rotated_from: None }),
        (leeway(), Rotation::ReuseDetected),
        (60 * MINUTE, Rotation::ReuseDetected),
    ] {
        let session = opened(fixture, START).await;
        rotated(fixture, &session, &session.token, ahead).await;
        assert_eq!(present(fixture, &session, &session.token, ahead - earlier).await, expected);
    }
}

/// A leeway of zero is none.
pub async fn without_a_grace_period_reuse_is_immediate(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let next = rotated(fixture, &session, &session.token, START).await;
    let again = session.rotation(&session.token, START).with_leeway(Duration::ZERO);
    assert_eq!(attempt(fixture, &again, START).await, Rotation::ReuseDetected);
    let result = present(fixture, &session, &next.successor, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected));
}

/// The leeway is for the immediate predecessor alone.
pub async fn older_token_ends_the_session_in_the_grace_period(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let next = rotated(fixture, &session, &session.token, START).await;
    let last = rotated(fixture, &session, &next.successor, START).await;
    assert_eq!(present(fixture, &session, &session.token, START).await, Rotation::ReuseDetected);
    let result = present(fixture, &session, &last.successor, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::ReuseDetected));
}

/// However old a used token is, it ends its session.
pub async fn reuse_is_recognised_after_many_rotations(fixture: &SessionFixture) {
    for reused in [0, 1, 60, 118] {
        let session = opened(fixture, START).await;
        let (mut now, mut tokens) = (START, vec![session.token.clone()]);
        for _ in 0..120 {
            // Two minutes each, so that the session never has too many access tokens to remember.
            now += 2 * MINUTE;
            let current = &tokens[tokens.len() - 1];
            tokens.push(rotated(fixture, &session, current, now).await.successor);
        }
        let result = present(fixture, &session, &tokens[reused], now).await;
        assert_eq!(result, Rotation::ReuseDetected, "token {reused} of {}", tokens.len());
    }
}
