//! Calls and assertions that the cases share.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::{
    EndReason, EndSession, Ending, LiveAccessToken, RefreshToken, Rotation, SessionSummary, UserId,
};
use time::OffsetDateTime;

use crate::{
    RotationAttempt, SESSION_POLICY, SessionFixture, TestSession, a_session, a_user_id, race, request_time_at,
};

pub(super) const MILLISECOND: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const HOUR: Duration = Duration::from_hours(1);
pub(super) const DAY: Duration = Duration::from_hours(24);

/// The grace period of the rotations here.
pub(super) fn grace_period() -> Duration {
    SESSION_POLICY.reuse_leeway
}

/// Opens a session of a new user.
pub(super) async fn opened(fixture: &SessionFixture, now: OffsetDateTime) -> TestSession {
    opened_by(fixture, a_user_id(), now).await
}

/// Opens a session of `user_id`.
pub(super) async fn opened_by(fixture: &SessionFixture, user_id: UserId, now: OffsetDateTime) -> TestSession {
    let session = a_session(user_id, now);
    open(fixture, &session, now).await;
    session
}

pub(super) async fn open(fixture: &SessionFixture, session: &TestSession, now: OffsetDateTime) {
    fixture.sessions.open(&session.opening, request_time_at(now)).await.unwrap();
}

/// Attempts a rotation; returns its outcome.
pub(super) async fn attempt(
    fixture: &SessionFixture,
    attempt: &RotationAttempt,
    now: OffsetDateTime,
) -> Rotation {
    fixture.sessions.rotate(&attempt.rotate, request_time_at(now)).await.unwrap()
}

/// Presents a token; returns the outcome.
pub(super) async fn present(
    fixture: &SessionFixture,
    session: &TestSession,
    token: &RefreshToken,
    now: OffsetDateTime,
) -> Rotation {
    attempt(fixture, &session.rotation(token, now), now).await
}

/// Rotates the current token, and asserts that it succeeds.
pub(super) async fn rotated(
    fixture: &SessionFixture,
    session: &TestSession,
    token: &RefreshToken,
    now: OffsetDateTime,
) -> RotationAttempt {
    let rotation = session.rotation(token, now);
    assert_eq!(attempt(fixture, &rotation, now).await, Rotation::Rotated, "the current token did not rotate");
    rotation
}

/// Attempts all rotations concurrently.
pub(super) async fn raced(
    fixture: &SessionFixture,
    attempts: &[RotationAttempt],
    now: OffsetDateTime,
) -> Vec<Rotation> {
    race(attempts.iter().map(|attempt| {
        let (sessions, rotate) = (Arc::clone(&fixture.sessions), attempt.rotate.clone());
        async move { sessions.rotate(&rotate, request_time_at(now)).await.unwrap() }
    }))
    .await
}

/// Ends a session.
pub(super) async fn end(
    fixture: &SessionFixture,
    session: &TestSession,
    reason: EndReason,
    now: OffsetDateTime,
) -> Ending {
    end_with(fixture, session, reason, None, now).await
}

/// Ends a session, and revokes an access token with it.
pub(super) async fn end_with(
    fixture: &SessionFixture,
    session: &TestSession,
    reason: EndReason,
    also_revoke: Option<LiveAccessToken>,
    now: OffsetDateTime,
) -> Ending {
    let end = EndSession { session: session.token.session(), reason, also_revoke };
    fixture.sessions.end(&end, request_time_at(now)).await.unwrap()
}

pub(super) async fn listed(
    fixture: &SessionFixture,
    user_id: UserId,
    now: OffsetDateTime,
) -> Vec<SessionSummary> {
    fixture.sessions.list(user_id, request_time_at(now)).await.unwrap()
}

pub(super) async fn is_revoked(
    fixture: &SessionFixture,
    token: LiveAccessToken,
    now: OffsetDateTime,
) -> bool {
    fixture.denylist.contains(token.id, request_time_at(now)).await.unwrap()
}
