//! Acknowledged writes stay, and late calls never take effect.

use std::time::Duration;

use auth_domain::model::{EndReason, EndSession, Ending, RequestTime, Rotation};
use auth_domain::ports::{Clock, Denylist, PortErrorKind, SessionStore};
use auth_testkit::{START, a_session, a_user_id, request_time_at};
use diesel::connection::SimpleConnection;

use crate::support::{Folder, Sessions};

// S-50
#[tokio::test]
async fn reuse_is_recognised_after_a_restart() {
    let folder = Folder::new();
    let session = a_session(a_user_id(), START);
    let mut token = session.token.clone();
    for restart in 0..4 {
        let database = folder.open();
        let sessions = Sessions::new(&database);
        if restart == 0 {
            sessions.open(&session, START).await;
        }
        let (rotation, successor) = sessions.rotate(&session, &token, START).await.unwrap();
        assert_eq!(rotation, Rotation::Rotated);
        token = successor;
    }
    let sessions = Sessions::new(&folder.open());
    let (rotation, _) = sessions.rotate(&session, &session.token, START).await.unwrap();
    assert_eq!(rotation, Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false });
    assert!(
        sessions.denylist.contains(session.opening.access_token.id, request_time_at(START)).await.unwrap()
    );

    let sessions = Sessions::new(&folder.open());
    let (rotation, _) = sessions.rotate(&session, &token, START).await.unwrap();
    assert_eq!(rotation, Rotation::Ended(EndReason::ReuseDetected));
}

// S-51
#[tokio::test]
async fn a_clock_that_goes_back_makes_no_token_current_again() {
    let folder = Folder::new();
    let sessions = Sessions::new(&folder.open());
    let session = a_session(a_user_id(), START);
    sessions.open(&session, START).await;

    let (_, second) = sessions.rotate(&session, &session.token, START).await.unwrap();
    let earlier = START - Duration::from_hours(1);
    let (rotation, third) = sessions.rotate(&session, &second, earlier).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated);
    let (rotation, _) = sessions.rotate(&session, &session.token, earlier).await.unwrap();
    assert_eq!(rotation, Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false });
    let (rotation, _) = sessions.rotate(&session, &third, START).await.unwrap();
    assert_eq!(rotation, Rotation::Ended(EndReason::ReuseDetected));
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_are_visible_to_other_connections() {
    let folder = Folder::new();
    let database = folder.open();
    let sessions = Sessions::new(&database);
    let calls = (0..64).map(|_| {
        let (store, session) = (sessions.store.clone(), a_session(a_user_id(), START));
        async move { store.open(&session.opening, request_time_at(START)).await }
    });
    for answer in auth_testkit::race(calls).await {
        answer.unwrap();
    }
    // The database is still open, as after a crash.
    assert_eq!(folder.number("SELECT count(*) AS number FROM sessions"), 64);
}

#[tokio::test]
async fn a_call_behind_a_locked_file_never_takes_effect() {
    let folder = Folder::new();
    let database = folder.open();
    let sessions = Sessions::new(&database);
    let session = a_session(a_user_id(), START);
    sessions.open(&session, START).await;

    let mut other = folder.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let short = RequestTime::new(START, folder.clock.instant(), Duration::from_millis(100));
    let attempt = session.rotation(&session.token, START);
    let end =
        EndSession { session: session.token.session(), reason: EndReason::LoggedOut, also_revoke: None };
    let (rotated, ended) =
        tokio::join!(sessions.store.rotate(&attempt.rotate, short), sessions.store.end(&end, short));
    assert_eq!(rotated.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(ended.unwrap_err().kind(), PortErrorKind::Unavailable);

    other.batch_execute("COMMIT").unwrap();
    database.ping(request_time_at(START)).await.unwrap();
    let (rotation, _) = sessions.rotate(&session, &session.token, START).await.unwrap();
    assert_eq!(rotation, Rotation::Rotated);
}

#[tokio::test]
async fn a_locked_file_is_unavailable_and_used_again_once_unlocked() {
    let folder = Folder::new();
    let database = folder.open();
    let sessions = Sessions::new(&database);
    let session = a_session(a_user_id(), START);
    sessions.open(&session, START).await;

    let mut other = folder.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let error = database.ping(request_time_at(START)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    // Readers do not wait for a writer.
    assert_eq!(
        sessions.store.list(session.token.session().user_id, request_time_at(START)).await.unwrap().len(),
        1
    );

    other.batch_execute("COMMIT").unwrap();
    database.ping(request_time_at(START)).await.unwrap();
    let end =
        EndSession { session: session.token.session(), reason: EndReason::LoggedOut, also_revoke: None };
    assert_eq!(sessions.store.end(&end, request_time_at(START)).await.unwrap(), Ending::Ended);
}
