//! Records that are damaged, or that something else has written: an error, and nothing changes.

use std::error::Error;

use auth_adapter_redis::RecordFormat;
use auth_domain::model::{EndReason, Rotation};
use auth_domain::ports::{PortError, PortErrorKind, SessionStore};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, TestSession, a_session, request_time_at};
use redis::aio::MultiplexedConnection;

use crate::support::{Ports, connection};

const FORMATS: [RecordFormat; 2] = [RecordFormat::Hash, RecordFormat::Packed];
/// The tag and the sealed successor.
const SEALED: usize = 92;

fn record(session: &TestSession) -> String {
    let named = session.token.session();
    format!("auth:session:{{{}}}:{}", named.user_id, named.session_id)
}

/// Every key with its value.
async fn contents(connection: &mut MultiplexedConnection) -> Vec<(String, Vec<u8>)> {
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("auth:*").query_async(connection).await.unwrap();
    keys.sort();
    let mut contents = Vec::new();
    for key in keys {
        let dump = redis::cmd("DUMP").arg(&key).query_async(connection).await.unwrap();
        contents.push((key, dump));
    }
    contents
}

fn assert_corrupt<T: std::fmt::Debug>(outcome: Result<T, PortError>, case: &str) {
    let Err(error) = outcome else { panic!("{case}: {outcome:?}") };
    assert_eq!(error.kind(), PortErrorKind::Corrupt, "{case}");
    let text = error.source().unwrap().to_string();
    assert!(text.contains("corrupt"), "{case}: {text}");
}

/// A rotation and an end fail, in both formats, and change nothing.
async fn assert_unreadable(server: &RedisServer, session: &TestSession, case: &str) {
    let mut connection = connection(server).await;
    let stored = contents(&mut connection).await;
    for format in FORMATS {
        let ports = Ports::on(server).with_format(format);
        assert_corrupt(ports.present(session, &session.token, request_time_at(START)).await, case);
        assert_corrupt(ports.log_out(session, None).await, case);
    }
    assert_eq!(contents(&mut connection).await, stored, "{case}");
}

async fn packed(server: &RedisServer, is_sealed: bool) -> (Ports, TestSession, Vec<u8>) {
    let ports = Ports::on(server).with_format(RecordFormat::Packed);
    let mut session = ports.opened().await;
    let next = session.rotation(&session.token, START);
    let next = if is_sealed { next.keyed("key") } else { next };
    let rotated = ports.sessions.rotate(&next.rotate, request_time_at(START)).await.unwrap();
    assert_eq!(rotated, Rotation::Rotated);
    session.token = next.successor;
    let mut connection = connection(server).await;
    let stored = redis::cmd("GET").arg(record(&session)).query_async(&mut connection).await.unwrap();
    (ports, session, stored)
}

async fn store(server: &RedisServer, session: &TestSession, bytes: &[u8]) {
    let mut set = redis::cmd("SET");
    set.arg(record(session)).arg(bytes).arg("KEEPTTL");
    set.query_async::<()>(&mut connection(server).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_record_is_an_error_and_changes_nothing() {
    for is_sealed in [false, true] {
        let server = RedisServer::start();
        let (ports, session, stored) = packed(&server, is_sealed).await;
        // The largest cuts leave a part of the head only.
        let cuts = (1..=SEALED + 60).chain([stored.len() - 1, stored.len()]);
        // Without its whole sealed successor, the record is complete.
        for cut in cuts.filter(|cut| !is_sealed || *cut != SEALED) {
            let (truncated, _) = stored.split_at(stored.len() - cut);
            store(&server, &session, truncated).await;
            assert_unreadable(&server, &session, &format!("{cut} bytes cut off, sealed: {is_sealed}")).await;
        }
        store(&server, &session, &stored).await;
        ports.rotated(&session, &session.token).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_string_is_an_error_and_changes_nothing() {
    let server = RedisServer::start();
    let (_, session, stored) = packed(&server, false).await;
    let with = |at: usize, byte: u8| {
        let mut bytes = stored.clone();
        bytes.splice(at..=at, [byte]);
        bytes
    };
    let foreign = [
        ("zeros", vec![0; stored.len()]),
        ("version 0", with(0, 0)),
        ("version 1", with(0, 1)),
        ("an unknown state", with(1, 3)),
        ("an end without a reason", with(1, 1)),
        ("a token too many", with(2, 3)),
        ("a token too few", with(2, 1)),
        ("a byte too many", [stored.as_slice(), &[0]].concat()),
    ];
    for (case, bytes) in foreign {
        store(&server, &session, &bytes).await;
        assert_unreadable(&server, &session, case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_hash_is_an_error_and_changes_nothing() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    for field in ["tenant", "current", "created", "rotated", "expires", "ends", "generation"] {
        let session = ports.opened().await;
        assert_eq!(server.cli(&["HDEL", &record(&session), field]), "1");
        assert_unreadable(&server, &session, field).await;
    }
    for (field, value) in [("v", "0"), ("v", "text"), ("kept", "text"), ("tsixteen_bytes_id", "text")] {
        let session = ports.opened().await;
        let added = if field.len() == 17 { "1" } else { "0" };
        assert_eq!(server.cli(&["HSET", &record(&session), field, value]), added);
        assert_unreadable(&server, &session, field).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_record_stops_neither_the_other_ends_nor_a_login() {
    for format in FORMATS {
        let server = RedisServer::start();
        let ports = Ports::on(&server).with_format(format);
        let corrupt = ports.opened().await;
        let user = corrupt.token.session().user_id;
        match format {
            RecordFormat::Hash => assert_eq!(server.cli(&["HDEL", &record(&corrupt), "ends"]), "1"),
            RecordFormat::Packed => store(&server, &corrupt, &[2; 100]).await,
        }
        let others = [ports.opened_by(user).await, ports.opened_by(user).await];

        let ended = ports.sessions.end_all(user, EndReason::Revoked, request_time_at(START)).await;
        assert_corrupt(ended, "end_all");
        for other in &others {
            let (rotation, _) = ports.present(other, &other.token, request_time_at(START)).await.unwrap();
            assert_eq!(rotation, Rotation::Ended(EndReason::Revoked));
        }
        let mut next = a_session(user, START);
        next.opening.max_sessions = 1;
        ports.sessions.open(&next.opening, request_time_at(START)).await.unwrap();
        ports.rotated(&next, &next.token).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conversion_of_a_record_without_a_lifetime_gives_it_one() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).with_format(RecordFormat::Packed);
    let session = ports.opened().await;
    let lifetime = || server.cli(&["PTTL", &record(&session)]).parse::<i64>().unwrap();
    let before = lifetime();
    assert_eq!(server.cli(&["PERSIST", &record(&session)]), "1");
    let ports = ports.with_format(RecordFormat::Hash);
    let next = ports.rotated(&session, &session.token).await;
    assert!((lifetime() - before).abs() < 60_000, "{} ms instead of {before} ms", lifetime());
    ports.rotated(&session, &next).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_minute_of_a_user_counts_as_empty() {
    for format in FORMATS {
        let server = RedisServer::start();
        let ports = Ports::on(&server).with_format(format);
        let mut session = ports.opened().await;
        let minute = format!("auth:refreshes:{{{}}}", session.token.session().user_id);
        for corrupt in ["", "text", "1 text", "eleven byte"] {
            assert_eq!(server.cli(&["SET", &minute, corrupt, "PX", "60000"]), "OK");
            // The first refresh counts, and the second one is beyond the limit.
            for is_allowed in [true, false] {
                let next = session.rotation(&session.token, START).limited(100, 1);
                let rotation = ports.sessions.rotate(&next.rotate, request_time_at(START)).await.unwrap();
                assert_eq!(rotation == Rotation::Rotated, is_allowed, "{corrupt}: {rotation:?}");
                if is_allowed {
                    session.token = next.successor;
                }
            }
        }
    }
}
