//! Ending a session: all its tokens, with one reason, and repeatable.

use std::sync::Arc;

use auth_domain::model::{EndReason, EndSession, Ending, LiveAccessToken, RefreshToken, Rotation};
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::support::{
    SECOND, attempt, end, end_with, grace_period, is_revoked, listed, opened, present, rotated,
};
use crate::{
    ROUNDS, START, SessionFixture, TestSession, a_session, a_user_id, an_access_token, race, request_time_at,
};

/// A caller that got no answer can repeat the call; every token is revoked.
pub async fn repeated_end_succeeds(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    let presented = an_access_token(START);
    for _ in 0..3 {
        let ending = end_with(fixture, &session, EndReason::LoggedOut, Some(presented), START).await;
        assert_eq!(ending, Ending::Ended);
    }
    let another = an_access_token(START);
    let ending = end_with(fixture, &session, EndReason::LoggedOut, Some(another), START).await;
    assert_eq!(ending, Ending::Ended);
    for token in [session.opening.access_token, presented, another] {
        assert!(is_revoked(fixture, token, START).await);
    }
}

/// A later end does not change the end reason of a session.
pub async fn first_end_reason_is_kept(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    end(fixture, &session, EndReason::LoggedOut, START).await;
    assert_eq!(end(fixture, &session, EndReason::Revoked, START).await, Ending::Ended);
    let user_id = session.token.session().user_id;
    fixture.sessions.end_all(user_id, EndReason::UserInactive, request_time_at(START)).await.unwrap();
    let result = present(fixture, &session, &session.token, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::LoggedOut));
}

/// Ending a session that does not exist revokes nothing.
pub async fn ending_an_unknown_session_changes_nothing(fixture: &SessionFixture) {
    let owner = opened(fixture, START).await;
    let unknown = a_session(owner.token.session().user_id, START);
    let mut stranger = owner.token.session();
    stranger.user_id = a_user_id();
    for session in [unknown.token.session(), stranger] {
        let presented = an_access_token(START);
        let end = EndSession { session, reason: EndReason::LoggedOut, also_revoke: Some(presented) };
        assert_eq!(fixture.sessions.end(&end, request_time_at(START)).await.unwrap(), Ending::Unknown);
        assert!(!is_revoked(fixture, presented, START).await, "the denylist changed");
    }
    assert!(!is_revoked(fixture, owner.opening.access_token, START).await);
    rotated(fixture, &owner, &owner.token, START).await;
}

/// After an end that races a rotation, no token of the session is usable, whichever of the two came first.
pub async fn end_racing_a_rotation_leaves_no_usable_token(fixture: &SessionFixture) {
    for round in 0..2 * ROUNDS {
        let session = opened(fixture, START).await;
        // The session is ended after a few rotations while its client goes on rotating. Every other round uses `end_all`.
        let now_end = Arc::new(Notify::new());
        let end = end_when_notified(fixture, &session, round.is_multiple_of(2), Arc::clone(&now_end));
        let tokens = rotate_until_ended(fixture, &session, round / 2, now_end);
        let (last, issued) = race([end, tokens]).await.into_iter().flatten().next().unwrap();

        for (nth, token) in issued.into_iter().enumerate() {
            assert!(
                is_revoked(fixture, token, START).await,
                "access token {nth} is valid after the end of its session"
            );
        }
        let result = present(fixture, &session, &last, START).await;
        assert_eq!(result, Rotation::Ended(EndReason::LoggedOut));
        assert_eq!(listed(fixture, session.token.session().user_id, START).await, []);
    }
}

type Racer = BoxFuture<'static, Option<(RefreshToken, Vec<LiveAccessToken>)>>;

/// Ends the session when `now_end` is notified: with `end` if `alone`, otherwise with `end_all`.
fn end_when_notified(
    fixture: &SessionFixture,
    session: &TestSession,
    alone: bool,
    now_end: Arc<Notify>,
) -> Racer {
    let (sessions, session, reason) =
        (Arc::clone(&fixture.sessions), session.token.session(), EndReason::LoggedOut);
    Box::pin(async move {
        now_end.notified().await;
        if alone {
            let end = EndSession { session, reason, also_revoke: None };
            assert_eq!(sessions.end(&end, request_time_at(START)).await.unwrap(), Ending::Ended);
        } else {
            let ended = sessions.end_all(session.user_id, reason, request_time_at(START)).await.unwrap();
            assert_eq!(ended, 1);
        }
        None
    })
}

/// Rotates until the session has ended; returns the last refresh token and every access token.
fn rotate_until_ended(
    fixture: &SessionFixture,
    session: &TestSession,
    rotations: usize,
    now_end: Arc<Notify>,
) -> Racer {
    let (sessions, denylist) = (Arc::clone(&fixture.sessions), Arc::clone(&fixture.denylist));
    let session = session.clone();
    Box::pin(async move {
        let (mut token, mut issued) = (session.token.clone(), vec![session.opening.access_token]);
        let mut released = None;
        loop {
            // Without this, a store that never awaits would not let the other task run.
            tokio::task::yield_now().await;
            if issued.len() > rotations {
                now_end.notify_one();
            }
            let mut rotation = session.rotation(&token, START);
            rotation.rotate.released = released;
            match sessions.rotate(&rotation.rotate, request_time_at(START)).await.unwrap() {
                Rotation::Rotated => {
                    issued.push(rotation.rotate.access_token);
                    token = rotation.successor;
                }
                Rotation::AtCapacity { oldest } => {
                    denylist.add(oldest, request_time_at(START)).await.unwrap();
                    released = Some(oldest.id);
                }
                other => {
                    assert_eq!(other, Rotation::Ended(EndReason::LoggedOut));
                    return Some((token, issued));
                }
            }
        }
    })
}

/// Every token of an ended session gets the end reason while the record exists.
pub async fn ended_session_returns_its_reason(fixture: &SessionFixture) {
    for reason in EndReason::ALL {
        let session = opened(fixture, START).await;
        let first = rotated(fixture, &session, &session.token, START).await;
        let last = rotated(fixture, &session, &first.successor, START).await;
        end(fixture, &session, reason, START).await;
        for now in [START, START + grace_period() + SECOND] {
            for token in [&session.token, &first.successor, &last.successor] {
                assert_eq!(present(fixture, &session, token, now).await, Rotation::Ended(reason));
            }
            assert_eq!(attempt(fixture, &last, now).await, Rotation::Ended(reason), "a repeated rotation");
        }
    }
}
