//! Ending a session: completely, repeatably, and for one reason.

use std::sync::Arc;

use auth_domain::model::{EndReason, EndSession, Ending, LiveAccessToken, RefreshToken, Rotation};
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::steps::{SECOND, attempt, end, end_with, is_revoked, leeway, listed, opened, present, rotated};
use crate::{
    ROUNDS, START, SessionFixture, TestSession, a_session, a_user_id, an_access_token, race, request_time_at,
};

/// A caller who got no answer repeats the call and finds everything revoked.
pub async fn repeated_end_completes(fixture: &SessionFixture) {
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

/// Why a session ended is decided once.
pub async fn first_reason_stays(fixture: &SessionFixture) {
    let session = opened(fixture, START).await;
    end(fixture, &session, EndReason::LoggedOut, START).await;
    assert_eq!(end(fixture, &session, EndReason::Revoked, START).await, Ending::Ended);
    let user_id = session.token.session().user_id;
    fixture.sessions.end_all(user_id, EndReason::UserInactive, request_time_at(START)).await.unwrap();
    let result = present(fixture, &session, &session.token, START).await;
    assert_eq!(result, Rotation::Ended(EndReason::LoggedOut));
}

/// Who names a session that does not exist revokes nothing.
pub async fn ending_an_unknown_session_changes_nothing(fixture: &SessionFixture) {
    let owner = opened(fixture, START).await;
    let unknown = a_session(owner.token.session().user_id, START);
    let mut stranger = owner.token.session();
    stranger.user_id = a_user_id();
    for session in [unknown.token.session(), stranger] {
        let presented = an_access_token(START);
        let end = EndSession { session, reason: EndReason::LoggedOut, also_revoke: Some(presented) };
        assert_eq!(fixture.sessions.end(&end, request_time_at(START)).await.unwrap(), Ending::Unknown);
        assert!(!is_revoked(fixture, presented, START).await, "the denylist has changed");
    }
    assert!(!is_revoked(fixture, owner.opening.access_token, START).await);
    rotated(fixture, &owner, &owner.token, START).await;
}

/// Whether a rotation comes before or after the end that it races, nothing of it is usable.
pub async fn end_racing_a_rotation_leaves_no_usable_token(fixture: &SessionFixture) {
    for round in 0..2 * ROUNDS {
        let session = opened(fixture, START).await;
        // The end comes after a few rotations, while its holder goes on, in every other round by `end_all`.
        let now_end = Arc::new(Notify::new());
        let end = end_of(fixture, &session, round.is_multiple_of(2), Arc::clone(&now_end));
        let tokens = holder_of(fixture, &session, round / 2, now_end);
        let (last, handed_out) = race([end, tokens]).await.into_iter().flatten().next().unwrap();

        for (nth, token) in handed_out.into_iter().enumerate() {
            assert!(is_revoked(fixture, token, START).await, "access token {nth} outlived its session");
        }
        let result = present(fixture, &session, &last, START).await;
        assert_eq!(result, Rotation::Ended(EndReason::LoggedOut));
        assert_eq!(listed(fixture, session.token.session().user_id, START).await, []);
    }
}

type Racer = BoxFuture<'static, Option<(RefreshToken, Vec<LiveAccessToken>)>>;

/// Ends the session when told to.
fn end_of(fixture: &SessionFixture, session: &TestSession, alone: bool, now_end: Arc<Notify>) -> Racer {
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

/// Rotates until the session has ended; returns the last refresh token and all access tokens.
fn holder_of(fixture: &SessionFixture, session: &TestSession, steps: usize, now_end: Arc<Notify>) -> Racer {
    let (sessions, denylist) = (Arc::clone(&fixture.sessions), Arc::clone(&fixture.denylist));
    let session = session.clone();
    Box::pin(async move {
        let (mut token, mut handed_out) = (session.token.clone(), vec![session.opening.access_token]);
        let mut released = None;
        loop {
            // A store that never waits would keep the end from its turn.
            tokio::task::yield_now().await;
            if handed_out.len() > steps {
                now_end.notify_one();
            }
            let mut rotation = session.rotation(&token, START);
            rotation.rotate.released = released;
            match sessions.rotate(&rotation.rotate, request_time_at(START)).await.unwrap() {
                Rotation::Rotated => {
                    handed_out.push(rotation.rotate.access_token);
                    token = rotation.successor;
                }
                Rotation::AtCapacity { oldest } => {
                    denylist.add(oldest, request_time_at(START)).await.unwrap();
                    released = Some(oldest.id);
                }
                other => {
                    assert_eq!(other, Rotation::Ended(EndReason::LoggedOut));
                    return Some((token, handed_out));
                }
            }
        }
    })
}

/// While its record exists, every token of an ended session learns why, however it ended.
pub async fn ended_session_returns_its_reason(fixture: &SessionFixture) {
    for reason in EndReason::ALL {
        let session = opened(fixture, START).await;
        let first = rotated(fixture, &session, &session.token, START).await;
        let last = rotated(fixture, &session, &first.successor, START).await;
        end(fixture, &session, reason, START).await;
        for now in [START, START + leeway() + SECOND] {
            for token in [&session.token, &first.successor, &last.successor] {
                assert_eq!(present(fixture, &session, token, now).await, Rotation::Ended(reason));
            }
            assert_eq!(attempt(fixture, &last, now).await, Rotation::Ended(reason), "a repeated rotation");
        }
    }
}
