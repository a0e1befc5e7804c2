//! Calls that Redis executes while its reply is lost.

use std::time::Duration;

use auth_domain::model::{Ending, Rotation};
use auth_domain::ports::{PortErrorKind, SessionStore};
use auth_testkit::servers::{Proxy, RedisServer};
use auth_testkit::{START, TestSession, a_session, a_user_id, request_time_at};

use crate::support::{Ports, allowing, real_instant};

fn field(server: &RedisServer, session: &TestSession, name: &str) -> String {
    let named = session.token.session();
    let record = format!("auth:session:{{{}}}:{}", named.user_id, named.session_id);
    server.cli(&["HGET", &record, name])
}

/// A server, a proxy that can lose its replies, and ports whose connections go through the proxy.
async fn behind_a_proxy() -> (RedisServer, Proxy, Ports) {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port()).await;
    let ports = Ports::at(&proxy.url()).connected().await;
    (server, proxy, ports)
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_whose_reply_was_lost_is_repeated_and_counts_once() {
    let (server, proxy, ports) = behind_a_proxy().await;
    let session = ports.opened().await;

    proxy.lose_replies(true);
    let attempt = session.rotation(&session.token, START);
    let rotate = ports.sessions.rotate(&attempt.rotate, request_time_at(START));
    let (rotated, ()) = tokio::join!(rotate, replies_return(&proxy));
    assert_eq!(rotated.unwrap(), Rotation::Rotated);
    assert_eq!(field(&server, &session, "generation"), "1");
    ports.rotated(&session, &attempt.successor).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_whose_reply_was_lost_is_repeated_and_ends_one_session_only() {
    let (_server, proxy, ports) = behind_a_proxy().await;
    let user = a_user_id();
    let (surplus, kept) = (ports.opened_by(user).await, a_session(user, START));
    let later = request_time_at(START).with_now(START + Duration::from_millis(1));
    ports.sessions.open(&kept.opening, later).await.unwrap();
    let mut session = a_session(user, START);
    session.opening.max_sessions = 2;

    proxy.lose_replies(true);
    let open = ports.sessions.open(&session.opening, request_time_at(START));
    let (opened, ()) = tokio::join!(open, replies_return(&proxy));
    opened.unwrap();
    let live = ports.sessions.list(user, request_time_at(START)).await.unwrap();
    assert_eq!(live.len(), 2, "the repeat ended another session");
    assert!(ports.is_revoked(surplus.opening.access_token).await);
    assert!(!ports.is_revoked(kept.opening.access_token).await);
    ports.rotated(&session, &session.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn end_whose_reply_was_lost_is_repeated_and_revokes_the_tokens() {
    let (_server, proxy, ports) = behind_a_proxy().await;
    let session = ports.opened().await;
    proxy.lose_replies(true);
    let (ended, ()) = tokio::join!(ports.log_out(&session, None), replies_return(&proxy));
    assert_eq!(ended.unwrap(), Ending::Ended);
    assert!(ports.is_revoked(session.opening.access_token).await);
}

// S-48
#[tokio::test(flavor = "multi_thread")]
async fn reuse_whose_reply_was_lost_is_repeated_and_still_reuse() {
    let (_server, proxy, ports) = behind_a_proxy().await;
    let session = ports.opened().await;
    let next = ports.rotated(&session, &session.token).await;
    ports.rotated(&session, &next).await;

    proxy.lose_replies(true);
    let reuse = ports.present(&session, &session.token, request_time_at(START));
    let (reuse, ()) = tokio::join!(reuse, replies_return(&proxy));
    assert_eq!(reuse.unwrap().0, Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false });
    assert!(ports.is_revoked(session.opening.access_token).await);
}

async fn replies_return(proxy: &Proxy) {
    tokio::time::sleep(Duration::from_millis(700)).await;
    proxy.lose_replies(false);
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_without_a_reply_is_an_outage_at_the_deadline() {
    let (server, proxy, ports) = behind_a_proxy().await;
    let session = ports.opened().await;

    proxy.lose_replies(true);
    let started = real_instant();
    let lost = ports.present(&session, &session.token, allowing(Duration::from_millis(700))).await;
    let took = started.elapsed();
    assert_eq!(lost.unwrap_err().kind(), PortErrorKind::Unanswered);
    assert!(took >= Duration::from_millis(600), "not repeated until the deadline: {took:?}");
    assert!(took < Duration::from_millis(1_200), "{took:?}");

    // Redis has executed it, once, and it stands.
    proxy.lose_replies(false);
    assert_eq!(field(&server, &session, "generation"), "1");
    let elsewhere = Ports::on(&server);
    let (early, _) = elsewhere.present(&session, &session.token, request_time_at(START)).await.unwrap();
    assert_eq!(early, Rotation::AlreadyUsed { rotated_from: None });
}

#[tokio::test(flavor = "multi_thread")]
async fn keyed_retry_elsewhere_gets_the_successor_of_a_lost_rotation() {
    let (server, proxy, ports) = behind_a_proxy().await;
    let elsewhere = Ports::on(&server);
    let session = ports.opened().await;

    proxy.lose_replies(true);
    let attempt = session.rotation(&session.token, START).keyed("k1");
    let lost = ports.sessions.rotate(&attempt.rotate, allowing(Duration::from_millis(700)));
    let (lost, retried) = tokio::join!(lost, repeated_soon(&elsewhere, &session));
    assert_eq!(lost.unwrap_err().kind(), PortErrorKind::Unanswered);
    assert!(matches!(retried, Rotation::Retried(_)), "{retried:?}");
    proxy.lose_replies(false);

    elsewhere.rotated(&session, &attempt.successor).await;
}

/// The client has used the successor that it got from another instance. That is no reuse.
#[tokio::test(flavor = "multi_thread")]
async fn repeat_after_the_successor_was_used_elsewhere_ends_nothing() {
    let (server, proxy, ports) = behind_a_proxy().await;
    let elsewhere = Ports::on(&server);
    let session = ports.opened().await;

    proxy.lose_replies(true);
    let attempt = session.rotation(&session.token, START).keyed("k1");
    let lost = ports.sessions.rotate(&attempt.rotate, request_time_at(START));
    let used_elsewhere = async {
        assert!(matches!(repeated_soon(&elsewhere, &session).await, Rotation::Retried(_)));
        let current = elsewhere.rotated(&session, &attempt.successor).await;
        proxy.lose_replies(false);
        current
    };
    let (repeated, current) = tokio::join!(lost, used_elsewhere);
    assert_eq!(repeated.unwrap(), Rotation::AlreadyUsed { rotated_from: None });
    elsewhere.rotated(&session, &current).await;
}

/// The client repeats its call under the same key, after Redis has executed the first one.
async fn repeated_soon(elsewhere: &Ports, session: &TestSession) -> Rotation {
    tokio::time::sleep(Duration::from_millis(200)).await;
    let retry = session.rotation(&session.token, START).keyed("k1");
    elsewhere.sessions.rotate(&retry.rotate, request_time_at(START)).await.unwrap()
}
