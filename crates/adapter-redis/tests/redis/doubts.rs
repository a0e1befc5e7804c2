//! Rotations whose reply is lost.

use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::ports::{PortErrorKind, Rotation, SessionStore};
use auth_testkit::servers::{Proxy, RedisServer};
use auth_testkit::{START, TestSession, holds_within, request_time_at};

use crate::support::{Ports, allowing, real_instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_whose_reply_was_lost_is_asked_again_and_known() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let ports = Ports::at(&proxy.url()).connected().await;
    let session = ports.opened().await;

    proxy.lose_replies(true);
    let attempt = session.rotation(&session.token, START);
    let rotate = ports.sessions.rotate(&attempt.rotate, request_time_at(START));
    let back = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        proxy.lose_replies(false);
    };
    let (rotated, ()) = tokio::join!(rotate, back);
    assert_eq!(rotated.unwrap(), Rotation::Rotated);
    ports.rotated(&session, &attempt.successor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_nobody_heard_of_is_taken_back_with_all_that_it_did() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let (ports, elsewhere) = (Ports::at(&proxy.url()).connected().await, Ports::on(&server));
    let session = ports.opened().await;
    let predecessor = session.token.clone();
    let token = ports.rotated(&session, &predecessor).await;
    let sid = session.token.session();
    let record = format!("auth:session:{{{}}}:{}", sid.user_id, sid.session_id);
    let digest = server.cli(&["HGET", &record, "current"]);

    proxy.lose_replies(true);
    let attempt = session.rotation(&token, START).keyed("k1");
    let lost = ports.sessions.rotate(&attempt.rotate, allowing(Duration::from_millis(700))).await;
    assert_eq!(lost.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_ne!(server.cli(&["HGET", &record, "current"]), digest, "the server has rotated");
    proxy.lose_replies(false);

    let is_back = || async { server.cli(&["HGET", &record, "current"]) == digest };
    assert!(holds_within(Duration::from_secs(3), is_back).await, "the rotation stands");
    assert_eq!(server.cli(&["HLEN", &record]), "12", "ten fields and two access tokens");

    // What was true before is true again, on every instance.
    let (early, _) = elsewhere.present(&session, &predecessor, request_time_at(START)).await.unwrap();
    assert_eq!(early, Rotation::AlreadyUsed { rotated_from: None });
    elsewhere.rotated(&session, &token).await;
    let (lost, _) = elsewhere.present(&session, &attempt.successor, request_time_at(START)).await.unwrap();
    assert_eq!(lost, Rotation::ReuseDetected, "nobody has received it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_to_the_same_process_never_meets_its_own_doubt() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let ports = Ports::at(&proxy.url()).connected().await;
    let mut session = ports.opened().await;
    for _ in 0..5 {
        proxy.lose_replies(true);
        let lost = ports.present(&session, &session.token, allowing(Duration::from_millis(600))).await;
        assert_eq!(lost.unwrap_err().kind(), PortErrorKind::Unavailable);
        proxy.lose_replies(false);
        let again = || ports.present(&session, &session.token, request_time_at(START));
        // A connection whose replies were lost may have to be given up first.
        let (rotation, successor) = match again().await {
            Ok(answered) => answered,
            Err(_) => again().await.unwrap(),
        };
        assert_eq!(rotation, Rotation::Rotated);
        session.token = successor;
    }
}

/// Two tabs race, and neither hears what became of it.
#[tokio::test(flavor = "multi_thread")]
async fn two_rotations_of_one_token_in_doubt_leave_it_usable() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let (ports, elsewhere) = (Ports::at(&proxy.url()).connected().await, Ports::on(&server));
    let session = ports.opened().await;
    proxy.lose_replies(true);
    let lost = || ports.present(&session, &session.token, allowing(Duration::from_millis(600)));
    let (one, other) = tokio::join!(lost(), lost());
    assert!(one.is_err() && other.is_err());
    proxy.lose_replies(false);
    tokio::time::sleep(Duration::from_secs(2)).await;
    elsewhere.rotated(&session, &session.token).await;
}

/// The idle limit of the token that stands again is its own, however near the end of the session is.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_stands_again_expires_when_it_would_have() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let (ports, elsewhere) = (Ports::at(&proxy.url()).connected().await, Ports::on(&server));
    let mut session = auth_testkit::a_session(auth_testkit::a_user_id(), START);
    session.opening.ends_at = START + Duration::from_hours(24);
    ports.sessions.open(&session.opening, request_time_at(START)).await.unwrap();
    let token = ports.rotated(&session, &session.token).await;
    let later = START + Duration::from_hours(20);
    proxy.lose_replies(true);
    let attempt = session.rotation(&token, later);
    let request_time = RequestTime::new(later, real_instant(), Duration::from_millis(600));
    assert!(ports.sessions.rotate(&attempt.rotate, request_time).await.is_err());
    proxy.lose_replies(false);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let again = session.rotation(&token, later);
    assert_eq!(
        elsewhere.sessions.rotate(&again.rotate, request_time_at(later)).await.unwrap(),
        Rotation::Rotated
    );
}

/// Whoever repeats the call under its key has received the successor: it must not be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_successor_that_was_handed_out_elsewhere_stays() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let (ports, elsewhere) = (Ports::at(&proxy.url()).connected().await, Ports::on(&server));
    let session = ports.opened().await;

    proxy.lose_replies(true);
    let attempt = session.rotation(&session.token, START).keyed("k1");
    let lost = ports.sessions.rotate(&attempt.rotate, allowing(Duration::from_millis(700)));
    let (lost, retried) = tokio::join!(lost, repeated_soon(&elsewhere, &session));
    assert_eq!(lost.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert!(matches!(retried, Rotation::Retried(_)), "{retried:?}");
    proxy.lose_replies(false);

    tokio::time::sleep(Duration::from_millis(500)).await;
    elsewhere.rotated(&session, &attempt.successor).await;
}

/// The client has his successor, by a repeat elsewhere, and goes on with it while the call before is still repeated here.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_repeated_too_late_is_not_taken_for_reuse() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let (ports, elsewhere) = (Ports::at(&proxy.url()).connected().await, Ports::on(&server));
    let session = ports.opened().await;

    proxy.lose_replies(true);
    let attempt = session.rotation(&session.token, START).keyed("k1");
    let going_on = async {
        let retried = repeated_soon(&elsewhere, &session).await;
        assert!(matches!(retried, Rotation::Retried(_)), "{retried:?}");
        let next = elsewhere.rotated(&session, &attempt.successor).await;
        proxy.lose_replies(false);
        next
    };
    let late = ports.sessions.rotate(&attempt.rotate, request_time_at(START));
    let (late, next) = tokio::join!(late, going_on);
    assert_eq!(late.unwrap(), Rotation::AlreadyUsed { rotated_from: None });
    let last = elsewhere.rotated(&session, &next).await;

    // Presented anew, the token of then ends the session as ever.
    let (reused, _) = ports.present(&session, &session.token, request_time_at(START)).await.unwrap();
    assert_eq!(reused, Rotation::ReuseDetected);
    let (ended, _) = elsewhere.present(&session, &last, request_time_at(START)).await.unwrap();
    assert!(matches!(ended, Rotation::Ended(_)), "{ended:?}");
}

/// A moment later, the client repeats his call under the same key.
async fn repeated_soon(elsewhere: &Ports, session: &TestSession) -> Rotation {
    tokio::time::sleep(Duration::from_millis(200)).await;
    let retry = session.rotation(&session.token, START).keyed("k1");
    elsewhere.sessions.rotate(&retry.rotate, request_time_at(START)).await.unwrap()
}
