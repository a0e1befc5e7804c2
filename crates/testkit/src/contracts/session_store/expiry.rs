//! Expiry by the time that the caller passes, not by another clock.

use auth_domain::model::Rotation;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;

use super::support::{DAY, HOUR, MILLISECOND, SECOND, listed, open, opened, present, rotated};
use crate::{START, SessionFixture, a_session, a_user_id};

/// Times that no real clock shows, today or at the expiry of a token that was issued at one of them.
const TIMES: [OffsetDateTime; 3] =
    [START, datetime!(2019-03-01 12:00:00.5 UTC), datetime!(2071-03-01 12:00:00.5 UTC)];

/// A token rotates until just before it expires, and not after that.
pub async fn expired_token_does_not_rotate(fixture: &SessionFixture) {
    for now in TIMES {
        let used = opened(fixture, now).await;
        rotated(fixture, &used, &used.token, used.opening.expires_at - MILLISECOND).await;

        for later in [MILLISECOND, SECOND, DAY] {
            let unused = opened(fixture, now).await;
            let result = present(fixture, &unused, &unused.token, unused.opening.expires_at + later).await;
            assert_expired(&result, later);
        }
    }
}

/// A session expires at its absolute limit, however often it is rotated.
pub async fn rotation_does_not_extend_the_absolute_limit(fixture: &SessionFixture) {
    for now in TIMES {
        let mut session = a_session(a_user_id(), now);
        session.opening.expires_at = now + DAY;
        session.opening.ends_at = now + 30 * HOUR;
        open(fixture, &session, now).await;

        let last = rotated(fixture, &session, &session.token, now + 20 * HOUR).await;
        let user_id = session.token.session().user_id;
        let expiries: Vec<_> = listed(fixture, user_id, now + 20 * HOUR)
            .await
            .into_iter()
            .map(|summary| summary.expires_at)
            .collect();
        assert_eq!(expiries, [session.opening.ends_at], "the successor expires after the absolute limit");

        let after = session.opening.ends_at + MILLISECOND;
        assert_expired(&present(fixture, &session, &last.successor, after).await, MILLISECOND);
    }
}

/// Each rotation starts the idle limit again.
pub async fn rotation_extends_the_idle_limit(fixture: &SessionFixture) {
    for start in TIMES {
        let session = opened(fixture, start).await;
        let (mut now, mut token) = (start, session.token.clone());
        for _ in 0..4 {
            now += 6 * DAY;
            token = rotated(fixture, &session, &token, now).await.successor;
        }
        let result = present(fixture, &session, &token, now + 7 * DAY + SECOND).await;
        assert_expired(&result, SECOND);
    }
}

/// Asserts that the token was rejected; an expired session may be deleted (`Unknown`) or not (`Expired`).
fn assert_expired(result: &Rotation, later: Duration) {
    let expired = matches!(result, Rotation::Expired | Rotation::Unknown);
    assert!(expired, "{later:?} after its expiry the token returned {result:?}");
}
