//! Sessions that were stored while a clock was ahead, and calls while it is behind.

use std::time::Duration;

use auth_domain::model::{EndReason, Rotation};

use super::capacity::full_session;
use super::support::{
    DAY, HOUR, MINUTE, SECOND, attempt, end, is_revoked, listed, opened, opened_by, present, rotated,
};
use crate::{SESSION_POLICY, START, SessionFixture, a_user_id};

/// By how much the clock was wrong.
const ERRORS: [Duration; 3] = [HOUR, DAY, Duration::from_hours(365 * 24)];

// S-53
/// The limits of a session that was opened by a clock ahead count from its first rotation by the right time on.
pub async fn session_of_a_clock_ahead_has_its_limits(fixture: &SessionFixture) {
    for ahead in ERRORS {
        let user_id = a_user_id();
        let session = opened_by(fixture, user_id, START + ahead).await;
        let mut token = rotated(fixture, &session, &session.token, START).await.successor;
        let summary = listed(fixture, user_id, START).await.remove(0);
        assert_eq!((summary.created_at, summary.rotated_at), (START, START), "{ahead:?} ahead");
        assert_eq!(summary.expires_at, START + SESSION_POLICY.refresh_ttl, "{ahead:?} ahead");

        let (end, mut now) = (START + SESSION_POLICY.session_ttl, START);
        while now + 6 * DAY < end {
            now += 6 * DAY;
            token = rotated(fixture, &session, &token, now).await.successor;
        }
        let result = present(fixture, &session, &token, end + SECOND).await;
        assert!(matches!(result, Rotation::Expired | Rotation::Unknown), "{ahead:?} ahead: {result:?}");
    }
}

// S-36
/// An access token that was issued by a clock ahead would be valid when that time has come. A refresh by the right time revokes
/// it, if the store may release access tokens, and otherwise the end of the session.
pub async fn access_token_of_a_clock_ahead_is_revoked(fixture: &SessionFixture) {
    let may_release = may_release(fixture).await;
    for ahead in ERRORS {
        let session = opened(fixture, START + ahead).await;
        let issued = session.opening.access_token;
        let mut next = session.rotation(&session.token, START);
        next.rotate.releases_oldest = true;
        assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);
        if !may_release {
            end(fixture, &session, EndReason::LoggedOut, START).await;
        }
        assert!(is_revoked(fixture, issued, START + ahead).await, "{ahead:?} ahead");

        let session = opened(fixture, START + SECOND).await;
        let mut next = session.rotation(&session.token, START);
        next.rotate.releases_oldest = true;
        assert_eq!(attempt(fixture, &next, START).await, Rotation::Rotated);
        let issued = session.opening.access_token;
        assert!(!is_revoked(fixture, issued, START).await, "the clocks of two instances differ");
    }
}

async fn may_release(fixture: &SessionFixture) -> bool {
    let (session, _, last) = full_session(fixture).await;
    let mut next = session.rotation(&last.successor, START);
    next.rotate.releases_oldest = true;
    attempt(fixture, &next, START).await == Rotation::Rotated
}

/// A clock that is behind ends no session, neither then nor after it is corrected.
pub async fn clock_behind_ends_no_session(fixture: &SessionFixture) {
    for behind in ERRORS {
        let (used, unused) = (opened(fixture, START).await, opened(fixture, START).await);
        rotated(fixture, &used, &used.token, START - behind).await;
        rotated(fixture, &unused, &unused.token, START + MINUTE).await;
    }
}
