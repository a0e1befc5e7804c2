//! Pending sessions: they have ended, and their access tokens may not be in the denylist yet.

use auth_adapter_redis::RecordFormat;
use auth_domain::model::{EndReason, Rotation};
use auth_domain::ports::{PortErrorKind, SessionStore};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, TestSession, a_session, request_time_at};

use crate::support::Ports;

const FORMATS: [RecordFormat; 2] = [RecordFormat::Hash, RecordFormat::Packed];

/// Puts a session into the state that a crash between the two script calls of an end leaves.
fn make_pending(server: &RedisServer, session: &TestSession) {
    let named = session.token.session();
    let record = format!("auth:session:{{{}}}:{}", named.user_id, named.session_id);
    let words = ["HSET", &record, "ended", "1767603600700000", "reason", "logged_out", "pending", "1"];
    assert_eq!(server.cli(&words), "3");
}

#[tokio::test]
async fn every_call_completes_a_pending_session() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);

    let rotated = ports.opened().await;
    make_pending(&server, &rotated);
    let (rotation, _) = ports.present(&rotated, &rotated.token, request_time_at(START)).await.unwrap();
    assert_eq!(rotation, Rotation::Ended(EndReason::LoggedOut));
    assert!(ports.is_revoked(rotated.opening.access_token).await, "a rotation did not complete it");

    let ended = ports.opened().await;
    make_pending(&server, &ended);
    ports.log_out(&ended, None).await.unwrap();
    assert!(ports.is_revoked(ended.opening.access_token).await, "an end did not complete it");

    let all = ports.opened().await;
    make_pending(&server, &all);
    let user = all.token.session().user_id;
    assert_eq!(ports.sessions.end_all(user, EndReason::Revoked, request_time_at(START)).await.unwrap(), 0);
    assert!(ports.is_revoked(all.opening.access_token).await, "end_all did not complete it");

    let crowded_out = ports.opened().await;
    make_pending(&server, &crowded_out);
    let mut next = a_session(crowded_out.token.session().user_id, START);
    next.opening.max_sessions = 1;
    ports.sessions.open(&next.opening, request_time_at(START)).await.unwrap();
    assert!(ports.is_revoked(crowded_out.opening.access_token).await, "an opening did not complete it");
    assert!(!ports.is_revoked(next.opening.access_token).await);
    ports.log_out(&next, None).await.unwrap();

    for session in [&rotated, &ended, &all, &crowded_out] {
        let named = session.token.session();
        let record = format!("auth:session:{{{}}}:{}", named.user_id, named.session_id);
        assert_eq!(server.cli(&["HEXISTS", &record, "pending"]), "0", "the mark is still there");
        assert_eq!(server.cli(&["ZCARD", &format!("auth:sessions:{{{}}}", named.user_id)]), "0");
    }
}

/// The answer to the first call was lost, and with it the names of the access tokens to denylist.
#[tokio::test]
async fn repeated_open_completes_the_sessions_that_it_ended() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let crowded_out = ports.opened().await;
    let mut next = a_session(crowded_out.token.session().user_id, START);
    ports.sessions.open(&next.opening, request_time_at(START)).await.unwrap();
    make_pending(&server, &crowded_out);
    next.opening.max_sessions = 1;
    ports.sessions.open(&next.opening, request_time_at(START)).await.unwrap();
    assert!(ports.is_revoked(crowded_out.opening.access_token).await);
    assert!(!ports.is_revoked(next.opening.access_token).await);
}

/// Frees memory first, so the server lets the rest of the script go on.
#[tokio::test]
async fn end_on_a_full_server_is_complete() {
    for format in FORMATS {
        let server = RedisServer::start();
        let ports = Ports::on(&server).with_format(format).connected().await;
        let session = ports.opened().await;
        ports.rotated(&session, &session.token).await;
        let bearer = session.rotation(&session.token, START).rotate.access_token;
        assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
        ports.log_out(&session, Some(bearer)).await.unwrap();
        assert!(ports.is_revoked(session.opening.access_token).await && ports.is_revoked(bearer).await);
    }
}

/// With the denylist in another slot, a full server still ends sessions, which frees memory, but denylists nothing.
#[tokio::test]
async fn end_that_ran_out_of_memory_is_completed_by_a_repeat() {
    for format in FORMATS {
        let server = RedisServer::start();
        let ports = Ports::on(&server).with_format(format).denylisting_separately().connected().await;
        let session = ports.opened().await;
        ports.rotated(&session, &session.token).await;
        let bearer = session.rotation(&session.token, START).rotate.access_token;
        assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
        let failed = ports.log_out(&session, Some(bearer)).await.unwrap_err();
        assert_eq!(failed.kind(), PortErrorKind::Unanswered, "the session has ended");
        assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
        assert!(!ports.is_revoked(bearer).await, "the client needs the bearer token for the repeat");
        ports.log_out(&session, Some(bearer)).await.unwrap();
        assert!(ports.is_revoked(session.opening.access_token).await && ports.is_revoked(bearer).await);
    }
}

#[tokio::test]
async fn end_all_counts_the_sessions_of_all_batches() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let first = ports.opened().await;
    let user = first.token.session().user_id;
    let mut sessions = vec![first];
    for _ in 1..250 {
        sessions.push(ports.opened_by(user).await);
    }
    assert_eq!(ports.sessions.end_all(user, EndReason::Revoked, request_time_at(START)).await.unwrap(), 250);
    for session in &sessions {
        assert!(ports.is_revoked(session.opening.access_token).await);
    }
    assert_eq!(server.cli(&["EXISTS", &format!("auth:sessions:{{{user}}}")]), "0");
}

/// A lower limit of sessions ends many at the next login, and their access tokens are one call's arguments.
#[tokio::test]
async fn login_denylists_more_tokens_than_lua_can_unpack() {
    const SESSIONS: usize = 520;
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let first = ports.opened().await;
    let user = first.token.session().user_id;
    let expiry = "1767604500700000";
    for _ in 1..SESSIONS {
        let session = ports.opened_by(user).await.token.session().session_id;
        let record = format!("auth:session:{{{user}}}:{session}");
        // 15 access tokens more, without a rotation for each.
        let prefix = &session.to_string()[..14];
        let fields: Vec<_> = (0..15).map(|nth| format!("t{prefix}{nth:02}")).collect();
        let pairs = fields.iter().flat_map(|field| [field.as_str(), expiry]);
        let words: Vec<_> = ["HSET", record.as_str()].into_iter().chain(pairs).collect();
        assert_eq!(server.cli(&words), "15");
    }
    let mut next = a_session(user, START);
    next.opening.max_sessions = 1;
    ports.sessions.open(&next.opening, request_time_at(START)).await.unwrap();
    assert!(ports.is_revoked(first.opening.access_token).await);
    assert_eq!(server.cli(&["ZCARD", &format!("auth:sessions:{{{user}}}")]), "1");
}
