//! Records and instances of the release before, as a rolling upgrade has them.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::VecDeque;

use auth_adapter_redis::RecordFormat;
use auth_domain::model::{EndReason, IdempotencyKey, LimitKey, RefreshToken, RetryKey, Rotation, TokenId};
use auth_domain::ports::SessionStore;
use auth_testkit::servers::RedisServer;
use auth_testkit::{RotationAttempt, START, TestSession, a_session, a_user_id, request_time_at};

use crate::release_before::ReleaseBefore;
use crate::stored_limits::hex_of;
use crate::support::Ports;

const ADDRESS: LimitKey = LimitKey::from_bytes([0xa5; 16]);

fn record(session: &TestSession) -> String {
    let named = session.token.session();
    format!("auth:session:{{{}}}:{}", named.user_id, named.session_id)
}

async fn attempt(ports: &Ports, attempt: &RotationAttempt) -> Rotation {
    ports.sessions.rotate(&attempt.rotate, request_time_at(START)).await.unwrap()
}

/// Rotates the current token as the script of the release before did, without an idempotency key.
fn rotate_as_before(server: &RedisServer, session: &TestSession, token: &RefreshToken) -> RefreshToken {
    let next = session.rotation(token, START);
    let (presented, successor) = (next.rotate.presented, next.rotate.successor);
    let key = |value: &[u8]| format!("auth:refresh:{{{}}}:{}", presented.session.user_id, hex_of(value));
    let id = server.cli(&["GETDEL", &key(&presented.value)]);
    assert_eq!(id, presented.session.session_id.to_string());
    assert_eq!(server.cli(&["SET", &key(&successor.value), &id, "PX", "600000"]), "OK");
    let record = record(session);
    if !server.cli(&["HGET", &record, "replay_tag"]).is_empty() {
        assert_eq!(server.cli(&["HDEL", &record, "replay_tag", "replay", "replay_rest"]), "3");
    }
    assert!(!server.cli(&["HINCRBY", &record, "generation", "1"]).is_empty());
    let rotated_at = (START.unix_timestamp_nanos() / 1_000).to_string();
    let [current, previous] = [hex_of(&successor.value), hex_of(&presented.value)];
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

/// Rotates by one of the two releases.
async fn rotate_at(old: Option<&ReleaseBefore>, new: &Ports, attempt: &RotationAttempt) -> String {
    match old {
        Some(old) => old.rotate(&attempt.rotate, START).await.remove(0),
        None => match new.sessions.rotate(&attempt.rotate, request_time_at(START)).await.unwrap() {
            Rotation::Rotated => "rotated".to_owned(),
            Rotation::AtCapacity { .. } => "at_capacity".to_owned(),
            Rotation::Retried(_) => "retried".to_owned(),
            Rotation::Shared { .. } => "shared".to_owned(),
            other => format!("{other:?}"),
        },
    }
}

/// The last refresh token, and the access tokens that are not released yet.
struct Client {
    token: RefreshToken,
    issued: VecDeque<TokenId>,
}

impl Client {
    fn of(session: &TestSession) -> Self {
        Self { token: session.token.clone(), issued: VecDeque::from([session.opening.access_token.id]) }
    }
}

/// Rotates repeatedly, and repeats each rotation with its key at the other release. Of twelve access tokens, one is released
/// before each call.
async fn alternate(
    session: &TestSession,
    client: &mut Client,
    turns: &[Option<&ReleaseBefore>],
    new: &Ports,
    times: usize,
) {
    let Client { token, issued } = client;
    for nth in 0..times {
        let [old, other] = [nth, nth + 1].map(|nth| turns[nth % turns.len()]);
        let key = format!("key-{nth}");
        let attempt_at = |token: &RefreshToken, key: Option<&str>, issued: &mut VecDeque<TokenId>| {
            let attempt = session.rotation(token, START);
            let attempt = key.map_or(attempt.clone(), |key| attempt.keyed(key)).shared();
            let mut attempt = attempt.limited(0, 0).rotated_from(ADDRESS);
            attempt.rotate.released = if issued.len() >= 12 { issued.pop_front() } else { None };
            issued.push_back(attempt.rotate.access_token.id);
            attempt
        };
        let attempt = attempt_at(token, Some(&key), issued);
        assert_eq!(rotate_at(old, new, &attempt).await, "rotated", "rotation {nth}");
        let retry = attempt_at(token, Some(&key), issued);
        assert_eq!(rotate_at(other, new, &retry).await, "retried", "rotation {nth}");
        let shared = attempt_at(token, None, issued);
        assert_eq!(rotate_at(other, new, &shared).await, "shared", "rotation {nth}");
        *token = attempt.successor;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_alternate_on_one_session_and_roll_back() {
    let server = RedisServer::start();
    let (old, new) = (ReleaseBefore::on(&server).await, Ports::on(&server));
    for is_opened_by_old in [true, false] {
        let session = a_session(a_user_id(), START);
        if is_opened_by_old {
            old.open(&session.opening, START).await;
        } else {
            new.sessions.open(&session.opening, request_time_at(START)).await.unwrap();
        }
        let mut client = Client::of(&session);
        for (turns, times) in [(vec![Some(&old), None], 1_000), (vec![Some(&old)], 200)] {
            alternate(&session, &mut client, &turns, &new, times).await;
        }
        let ended = if is_opened_by_old {
            new.log_out(&session, None).await.unwrap();
            old.rotate(&session.rotation(&client.token, START).rotate, START).await
        } else {
            assert_eq!(old.end(session.token.session(), EndReason::LoggedOut).await, ["ended"]);
            old.rotate(&session.rotation(&client.token, START).rotate, START).await
        };
        assert_eq!(ended, ["ended", "logged_out"]);
        assert_eq!(
            attempt(&new, &session.rotation(&client.token, START)).await,
            Rotation::Ended(EndReason::LoggedOut)
        );
    }
}

/// The upgrade in two steps, and the way back: format 2 is written between two phases of format 1.
#[tokio::test(flavor = "multi_thread")]
async fn formats_alternate_and_format_1_prepares_the_rollback() {
    let server = RedisServer::start();
    let (old, hash) = (ReleaseBefore::on(&server).await, Ports::on(&server));
    let packed = Ports::on(&server).with_format(RecordFormat::Packed);
    let session = a_session(a_user_id(), START);
    old.open(&session.opening, START).await;
    let mut client = Client::of(&session);
    for (ports, kind) in
        [(&hash, "hash"), (&packed, "string"), (&hash, "hash"), (&packed, "string"), (&hash, "hash")]
    {
        alternate(&session, &mut client, &[None], ports, 100).await;
        assert_eq!(server.cli(&["TYPE", &record(&session)]), kind);
        let lifetime: i64 = server.cli(&["PTTL", &record(&session)]).parse().unwrap();
        assert!(lifetime > 0, "the record has no lifetime");
    }
    alternate(&session, &mut client, &[Some(&old)], &hash, 100).await;
}
