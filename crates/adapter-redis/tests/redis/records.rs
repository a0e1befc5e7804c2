//! Stored records: their size, their lifetimes, their format, and that they contain no token.

use std::error::Error;
use std::fs;

use auth_adapter_redis::RecordFormat;
use auth_domain::model::{EndReason, LimitKey, LoginAttempt, Reservation, Rotation, Settlement, Ticket};
use auth_domain::ports::{LoginLimiter, PortErrorKind, SessionStore};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, TestSession, a_session, request_time_at};

use crate::stored_session;
use crate::support::{self, Ports, an_attempt, an_attempt_from_an_address};

const ADDRESS: LimitKey = LimitKey::from_bytes([0xa5; 16]);

/// Rotates repeatedly; the oldest access token is released when the record is full.
async fn rotate_often(ports: &Ports, times: usize) -> TestSession {
    rotate(ports, ports.opened().await, times, "key").await
}

async fn rotate(ports: &Ports, mut session: TestSession, times: usize, key: &str) -> TestSession {
    let mut released = None;
    for nth in 0..times {
        let attempt = session.rotation(&session.token, START).keyed(&format!("{key}-{nth}")).shared();
        let mut attempt = attempt.limited(u32::MAX, u32::MAX).rotated_from(ADDRESS);
        attempt.rotate.released = released;
        match ports.sessions.rotate(&attempt.rotate, request_time_at(START)).await.unwrap() {
            Rotation::Rotated => session.token = attempt.successor,
            Rotation::AtCapacity { oldest } => released = Some(oldest.id),
            other => panic!("{other:?}"),
        }
    }
    session
}

// S-49
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_session_stay_under_two_kib_after_10000_rotations() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = rotate_often(&ports, 20_000).await;
    let record = record(&session);
    assert!(server.cli(&["HGET", &record, "generation"]).parse::<u32>().unwrap() >= 10_000);
    assert_eq!(server.cli(&["OBJECT", "ENCODING", &record]), "listpack");
    let total: u64 = keys(&server).iter().map(|key| memory(&server, key)).sum();
    assert!(total < 2_048, "{total} bytes: {:?}", keys(&server));

    let foreign = session.rotation(&session.token, START).successor;
    let (reused, _) = ports.present(&session, &foreign, request_time_at(START)).await.unwrap();
    assert_eq!(
        reused,
        Rotation::ReuseDetected { rotated_from: Some(ADDRESS), rotation_may_be_lost: false },
        "a token that was never current"
    );
}

/// A session whose record has as many live access tokens, and a sealed successor with the tag of a key.
async fn packed_with_tokens(server: &RedisServer, tokens: usize) -> TestSession {
    let ports = Ports::on(server).with_format(RecordFormat::Packed);
    let session = rotate_often(&ports, tokens - 1).await;
    let mut connection = support::connection(server).await;
    let stored = stored_session::read(&mut connection, session.token.session()).await.unwrap();
    assert_eq!(stored.live_tokens.len(), tokens);
    assert!(stored.retry.is_some_and(|retry| retry.tag.is_some()) && stored.rotated_from == Some(ADDRESS));
    assert_eq!(server.cli(&["OBJECT", "ENCODING", &record(&session)]), "raw");
    session
}

/// The bytes of the record and of the refresh token. The set of the sessions and the minute are those of the user.
fn memory_of(server: &RedisServer, session: &TestSession) -> u64 {
    let token = keys(server).into_iter().find(|key| key.starts_with("auth:refresh:")).unwrap();
    memory(server, &record(session)) + memory(server, &token)
}

// S-49
#[tokio::test(flavor = "multi_thread")]
async fn packed_session_with_eleven_access_tokens_takes_0_8_kib() {
    let server = RedisServer::start();
    let session = packed_with_tokens(&server, 11).await;
    let used = memory_of(&server, &session);
    assert!(used * 10 <= 8 * 1_024, "{used} bytes");
}

// S-49
#[tokio::test(flavor = "multi_thread")]
async fn packed_session_with_sixteen_access_tokens_takes_1_kib() {
    let server = RedisServer::start();
    let session = packed_with_tokens(&server, 16).await;
    let used = memory_of(&server, &session);
    assert!(used <= 1_024, "{used} bytes");
    // Further rotations do not enlarge it.
    let ports = Ports::on(&server).with_format(RecordFormat::Packed);
    rotate(&ports, session, 2_000, "more").await;
    let total: u64 = keys(&server).iter().map(|key| memory(&server, key)).sum();
    assert!(total <= 1_024 + 2 * 200, "{total} bytes: {:?}", keys(&server));
}

// S-85
#[tokio::test(flavor = "multi_thread")]
async fn record_without_an_address_still_rotates() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = rotate_often(&ports, 2).await;
    let record = record(&session);
    // As an earlier release wrote it.
    assert_eq!(server.cli(&["HDEL", &record, "from"]), "1");
    let mut other = session.rotation(&session.token, START);
    other.rotate.presented.value = predecessor(&server, &record);
    let reused = ports.sessions.rotate(&other.rotate, request_time_at(START)).await.unwrap();
    assert_eq!(reused, Rotation::AlreadyUsed { rotated_from: None });
    ports.rotated(&session, &session.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_drops_the_undo_fields_of_an_earlier_release() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = rotate_often(&ports, 2).await;
    let record = record(&session);
    let fields = server.cli(&["HLEN", &record]);
    let undo = [("before", "aa"), ("rotated_before", "1"), ("expires_before", "2"), ("replayed", "1")];
    for (field, value) in undo {
        assert_eq!(server.cli(&["HSET", &record, field, value]), "1");
    }
    let released = session.rotation(&session.token, START);
    assert_eq!(
        ports.sessions.rotate(&released.rotate, request_time_at(START)).await.unwrap(),
        Rotation::Rotated
    );
    // One access token more, and without a key three fields of the sealed successor less.
    let expected = fields.parse::<u32>().unwrap() + 1 - 3;
    assert_eq!(server.cli(&["HLEN", &record]), expected.to_string());
}

/// Instances of both releases run side by side during an upgrade.
#[tokio::test(flavor = "multi_thread")]
async fn retry_marks_a_rotation_that_an_earlier_release_could_undo() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    let attempt = session.rotation(&session.token, START).keyed("k1");
    let rotated = ports.sessions.rotate(&attempt.rotate, request_time_at(START)).await.unwrap();
    assert_eq!(rotated, Rotation::Rotated);
    assert_eq!(server.cli(&["HSET", &record(&session), "rotated_before", "1"]), "1");
    let again = session.rotation(&session.token, START).keyed("k1");
    let retried = ports.sessions.rotate(&again.rotate, request_time_at(START)).await.unwrap();
    assert!(matches!(retried, Rotation::Retried(_)), "{retried:?}");
    assert_eq!(server.cli(&["HGET", &record(&session), "replayed"]), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn record_without_a_version_still_rotates() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    // As an earlier release wrote it.
    assert_eq!(server.cli(&["HDEL", &record(&session), "v"]), "1");
    ports.rotated(&session, &session.token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn record_of_a_newer_release_is_an_error_and_no_logout() {
    for format in [RecordFormat::Hash, RecordFormat::Packed] {
        for stored_format in [RecordFormat::Hash, RecordFormat::Packed] {
            newer_record_is_an_error(format, stored_format).await;
        }
    }
}

async fn newer_record_is_an_error(format: RecordFormat, stored_format: RecordFormat) {
    let server = RedisServer::start();
    let ports = Ports::on(&server).with_format(stored_format);
    let session = ports.opened().await;
    let user = session.token.session().user_id;
    let other = ports.opened_by(user).await;
    let ports = ports.with_format(format);
    match stored_format {
        RecordFormat::Hash => {
            // The field has the length of an access token.
            let fields = ["HSET", &record(&session), "v", "3", "field_of_17_bytes", "text"];
            assert_eq!(server.cli(&fields), "1");
            assert_eq!(server.cli(&["HDEL", &record(&session), "expires"]), "1");
        }
        RecordFormat::Packed => assert_ne!(server.cli(&["SETRANGE", &record(&session), "0", "\u{3}"]), "0"),
    }
    let stored = server.cli(&["DUMP", &record(&session)]);

    let reason = EndReason::Revoked;
    let outcomes = [
        ports.present(&session, &session.token, request_time_at(START)).await.map(drop),
        ports.log_out(&session, None).await.map(drop),
        ports.sessions.end_all(user, reason, request_time_at(START)).await.map(drop),
        ports.sessions.list(user, request_time_at(START)).await.map(drop),
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        let text = error.source().unwrap().to_string();
        assert_eq!(error.kind(), PortErrorKind::Corrupt);
        assert!(text.contains("written by a newer release"), "{text}");
    }
    // The other session has ended, and a login still works.
    let (ended, _) = ports.present(&other, &other.token, request_time_at(START)).await.unwrap();
    assert_eq!(ended, Rotation::Ended(reason));
    let mut next = a_session(user, START);
    next.opening.max_sessions = 1;
    ports.sessions.open(&next.opening, request_time_at(START)).await.unwrap();
    assert_eq!(server.cli(&["DUMP", &record(&session)]), stored);
    let listed = server.cli(&["ZRANGE", &format!("auth:sessions:{{{user}}}"), "0", "-1"]);
    assert!(listed.contains(&session.token.session().session_id.to_string()), "{listed}");
}

fn record(session: &TestSession) -> String {
    let named = session.token.session();
    format!("auth:session:{{{}}}:{}", named.user_id, named.session_id)
}

/// The digest of the token that was used by the last rotation.
fn predecessor(server: &RedisServer, record: &str) -> [u8; 32] {
    let hex = server.cli(&["HGET", record, "previous"]);
    let byte = |at| u8::from_str_radix(hex.get(2 * at..2 * at + 2).unwrap(), 16).unwrap();
    std::array::from_fn(byte)
}

// S-16
#[tokio::test(flavor = "multi_thread")]
async fn every_key_has_a_lifetime() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    rotate_often(&ports, 20).await;
    let session = ports.opened().await;
    ports.rotated(&session, &session.token).await;
    ports.log_out(&session, Some(auth_testkit::an_access_token(START))).await.unwrap();
    let user = ports.opened().await.token.session().user_id;
    let reason = EndReason::Revoked;
    ports.sessions.end_all(user, reason, request_time_at(START)).await.unwrap();
    for outcome in [None, Some(Settlement::Failed), Some(Settlement::Succeeded)] {
        let attempt = an_attempt();
        ports.limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
        if let Some(outcome) = outcome {
            ports
                .limiter
                .settle(&Ticket { attempt, is_known: false }, outcome, request_time_at(START))
                .await
                .unwrap();
        }
    }

    let attempt = an_attempt_from_an_address();
    for outcome in [Settlement::Succeeded].into_iter().chain([Settlement::Failed; 10]) {
        let attempt = LoginAttempt { ticket: an_attempt().ticket, ..attempt };
        let reserved = ports.limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
        let Reservation::Reserved(ticket) = reserved else { panic!("{reserved:?}") };
        ports.limiter.settle(&ticket, outcome, request_time_at(START)).await.unwrap();
    }
    let from_an_unknown_address = an_attempt_from_an_address();
    ports.limiter.reserve(&from_an_unknown_address, request_time_at(START)).await.unwrap();

    let keys = keys(&server);
    for name in ["pair", "address", "network"].map(|name| format!("auth:login-failures:{{login}}:{name}:")) {
        assert!(keys.iter().any(|key| key.starts_with(&name)), "{name} of {keys:?}");
    }
    for name in ["auth:known:", "auth:known-emails:", "auth:login-daily:{login}:"] {
        assert!(keys.iter().any(|key| key.starts_with(name)), "{name} of {keys:?}");
    }
    for key in keys {
        let lifetime: i64 = server.cli(&["PTTL", &key]).parse().unwrap();
        assert!(lifetime > 0, "{key} has no lifetime");
    }
}

// S-46
#[tokio::test(flavor = "multi_thread")]
async fn dump_contains_no_part_of_a_live_token() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = rotate_often(&ports, 10).await;
    let text = session.token.expose().to_string();
    assert_eq!(server.cli(&["SAVE"]), "OK");
    let dump = fs::read(server.folder().join("dump.rdb")).unwrap();
    assert!(dump.len() > 500);

    // The text begins with the user id, which is not a secret.
    let secret = text.get(32..).unwrap();
    let raw: Vec<u8> = (0..secret.len() / 2)
        .map(|at| u8::from_str_radix(secret.get(2 * at..2 * at + 2).unwrap(), 16).unwrap())
        .collect();
    for part in secret.as_bytes().windows(12).chain(raw.windows(6)) {
        assert!(!dump.windows(part.len()).any(|window| window == part), "a part of a token is in the dump");
    }
}

fn keys(server: &RedisServer) -> Vec<String> {
    server.cli(&["KEYS", "*"]).lines().map(str::to_owned).collect()
}

fn memory(server: &RedisServer, key: &str) -> u64 {
    server.cli(&["MEMORY", "USAGE", key, "SAMPLES", "0"]).parse().unwrap()
}
