//! Expiry, judged by the time that is passed in and by nothing else.

use auth_domain::model::Rotation;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;

use super::steps::{DAY, HOUR, MILLISECOND, SECOND, listed, open, opened, present, rotated};
use crate::{START, SessionFixture, a_session, a_user_id};

/// A real clock agrees with none of these, nor with the last moment of a token on one of them.
const TIMES: [OffsetDateTime; 3] =
    [START, datetime!(2019-03-01 12:00:00.5 UTC), datetime!(2071-03-01 12:00:00.5 UTC)];

/// A token rotates up to its last moment, and not after it.
pub async fn expired_token_is_gone(fixture: &SessionFixture) {
    for now in TIMES {
        let used = opened(fixture, now).await;
        rotated(fixture, &used, &used.token, used.opening.expires_at - MILLISECOND).await;

        for later in [MILLISECOND, SECOND, DAY] {
            let unused = opened(fixture, now).await;
            let result = present(fixture, &unused, &unused.token, unused.opening.expires_at + later).await;
            assert_gone(&result, later);
        }
    }
}

/// However often it is rotated, a session ends in the end.
pub async fn session_has_an_absolute_end(fixture: &SessionFixture) {
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
        assert_eq!(expiries, [session.opening.ends_at], "the successor's expiry is not cut to the end");

        let after = session.opening.ends_at + MILLISECOND;
        assert_gone(&present(fixture, &session, &last.successor, after).await, MILLISECOND);
    }
}

/// Each rotation counts the idle limit anew.
pub async fn rotation_extends_the_idle_limit(fixture: &SessionFixture) {
    for start in TIMES {
        let session = opened(fixture, start).await;
        let (mut now, mut token) = (start, session.token.clone());
        for _ in 0..4 {
            now += 6 * DAY;
            token = rotated(fixture, &session, &token, now).await.successor;
        }
        let result = present(fixture, &session, &token, now + 7 * DAY + SECOND).await;
        assert_gone(&result, SECOND);
    }
}

/// Whether a record of the session still exists is the backend's affair.
fn assert_gone(result: &Rotation, later: Duration) {
    let gone = matches!(result, Rotation::Expired | Rotation::Unknown);
    assert!(gone, "{later:?} after its expiry a token got {result:?}");
}
