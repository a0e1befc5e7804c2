//! Records and instances of the release before, as a rolling upgrade has them.

use std::fmt::Write;

use auth_domain::model::{IdempotencyKey, RefreshToken, RetryKey, Rotation};
use auth_domain::ports::SessionStore;
use auth_testkit::servers::RedisServer;
use auth_testkit::{RotationAttempt, START, TestSession, request_time_at};

use crate::support::Ports;

fn record(session: &TestSession) -> String {
    let named = session.token.session();
    format!("auth:session:{{{}}}:{}", named.user_id, named.session_id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

async fn attempt(ports: &Ports, attempt: &RotationAttempt) -> Rotation {
    ports.sessions.rotate(&attempt.rotate, request_time_at(START)).await.unwrap()
}

/// Rotates the current token as the script of the release before did, without an idempotency key.
fn rotate_as_before(server: &RedisServer, session: &TestSession, token: &RefreshToken) -> RefreshToken {
    let next = session.rotation(token, START);
    let (presented, successor) = (next.rotate.presented, next.rotate.successor);
    let key = |value: &[u8]| format!("auth:refresh:{{{}}}:{}", presented.session.user_id, hex(value));
    let id = server.cli(&["GETDEL", &key(&presented.value)]);
    assert_eq!(id, presented.session.session_id.to_string());
    assert_eq!(server.cli(&["SET", &key(&successor.value), &id, "PX", "600000"]), "OK");
    let record = record(session);
    if !server.cli(&["HGET", &record, "replay_tag"]).is_empty() {
        assert_eq!(server.cli(&["HDEL", &record, "replay_tag", "replay", "replay_rest"]), "3");
    }
    assert!(!server.cli(&["HINCRBY", &record, "generation", "1"]).is_empty());
    let rotated_at = (START.unix_timestamp_nanos() / 1_000).to_string();
    let [current, previous] = [hex(&successor.value), hex(&presented.value)];
    for (field, value) in [("current", current), ("previous", previous), ("rotated", rotated_at)] {
        assert!(!server.cli(&["HSET", &record, field, &value]).is_empty());
    }
    assert!(!server.cli(&["HSET", &record, "from", ""]).is_empty());
    next.successor
}

#[tokio::test(flavor = "multi_thread")]
async fn record_of_the_release_before_rotates_in_each_mode() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    for limit in [0, 60] {
        let session = ports.opened().await;
        let used = rotate_as_before(&server, &session, &session.token);
        let shared = session.rotation(&session.token, START).shared().limited(limit, limit);
        assert_eq!(attempt(&ports, &shared).await, Rotation::AlreadyUsed { rotated_from: None });
        let next = session.rotation(&used, START).shared().limited(limit, limit);
        assert_eq!(attempt(&ports, &next).await, Rotation::Rotated);
        let again = session.rotation(&used, START).shared().limited(limit, limit);
        assert!(matches!(attempt(&ports, &again).await, Rotation::Shared { .. }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_of_a_rotation_of_the_release_before_gets_its_value() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    let current = rotate_as_before(&server, &session, &session.token);
    let key = IdempotencyKey::parse(b"k1").unwrap();
    let retry_key = RetryKey::derive(session.token.expose_bytes(), Some(&key));
    let retry = session.rotation(&session.token, START).keyed("k1");
    // Any bytes: the store does not open them.
    let sealed = [7; 76];
    let (start, rest) = sealed.split_at(64);
    let record = record(&session);
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let tag = *retry_key.tag().unwrap().as_bytes();
    for (field, value) in [("replay_tag", tag.as_slice()), ("replay", start), ("replay_rest", rest)] {
        let mut set = redis::cmd("HSET");
        set.arg(&record).arg(field).arg(value);
        set.query_async::<()>(&mut connection).await.unwrap();
    }
    match attempt(&ports, &retry).await {
        Rotation::Retried(retried) => {
            assert_eq!((retried.tag, retried.sealed), (retry_key.tag(), sealed.to_vec()));
        }
        other => panic!("{other:?}"),
    }
    ports.rotated(&session, &current).await;
}

/// The release before does not know that a successor is shared, nor the counts.
#[tokio::test(flavor = "multi_thread")]
async fn instance_of_the_release_before_leaves_no_used_successor() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    let first = session.rotation(&session.token, START).shared().limited(60, 60);
    assert_eq!(attempt(&ports, &first).await, Rotation::Rotated);
    let again = session.rotation(&session.token, START).shared().limited(60, 60);
    assert!(matches!(attempt(&ports, &again).await, Rotation::Shared { .. }));
    // Its own tags have 16 bytes or none, so it takes this for no retry.
    assert_eq!(server.cli(&["HGET", &record(&session), "replay_tag"]), "-");

    let current = rotate_as_before(&server, &session, &first.successor);
    let shared = session.rotation(&first.successor, START).shared().limited(60, 60);
    assert_eq!(attempt(&ports, &shared).await, Rotation::AlreadyUsed { rotated_from: None });
    let next = session.rotation(&current, START).shared().limited(60, 60);
    assert_eq!(attempt(&ports, &next).await, Rotation::Rotated);
    assert_eq!(server.cli(&["HEXISTS", &record(&session), "retries"]), "0");
    assert_eq!(server.cli(&["HGET", &record(&session), "refreshes"]), "3");
}
