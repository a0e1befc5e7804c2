//! The number of commands of each operation, as the server counts them.

use auth_domain::model::{MAX_LIVE_ACCESS_TOKENS, Rotation, Settlement, Ticket};
use auth_domain::ports::{LoginLimiter, SessionStore};
use auth_testkit::servers::{ExecutedCommand, RedisServer};
use auth_testkit::{START, a_session, a_user_id, request_time_at};

use crate::support::{Ports, an_attempt};

/// The names of the commands that clients sent.
fn sent(seen: &[ExecutedCommand]) -> Vec<String> {
    seen.iter().filter(|seen| !seen.by_script).map(ExecutedCommand::name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_is_one_script_call_and_deletes_one_key_last() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    // Opens both connections.
    let session = ports.opened().await;
    let token = ports.rotated(&session, &session.token).await;

    let mut monitor = server.monitor();
    ports.rotated(&session, &token).await;
    let seen = monitor.executed();
    assert_eq!(sent(&seen), ["EVALSHA"]);
    let names: Vec<_> = seen.iter().map(ExecutedCommand::name).collect();
    let consuming = ["GETDEL", "DEL", "UNLINK", "EXPIRE"];
    let consumed: Vec<_> = names.iter().filter(|name| consuming.contains(&&***name)).collect();
    assert_eq!(consumed, ["DEL"]);
    assert_eq!(names.last().unwrap(), "DEL");
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_of_a_full_session_is_one_script_call() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    let mut token = session.token.clone();
    for _ in 1..MAX_LIVE_ACCESS_TOKENS {
        token = ports.rotated(&session, &token).await;
    }
    let mut monitor = server.monitor();
    let mut last = token.clone();
    for _ in 0..3 {
        let mut next = session.rotation(&last, START).keyed("key");
        next.rotate.releases_oldest = true;
        let outcome = ports.sessions.rotate(&next.rotate, request_time_at(START)).await.unwrap();
        assert_eq!(outcome, Rotation::Rotated);
        (token, last) = (last, next.successor);
    }
    // A retry needs room as well.
    let mut retry = session.rotation(&token, START).keyed("key");
    retry.rotate.releases_oldest = true;
    let outcome = ports.sessions.rotate(&retry.rotate, request_time_at(START)).await.unwrap();
    assert!(matches!(outcome, Rotation::Retried(_)), "{outcome:?}");
    assert_eq!(sent(&monitor.executed()), ["EVALSHA"; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn open_reserve_settle_and_end_are_one_call_each() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    ports.opened().await;
    ports.opened().await;

    let mut monitor = server.monitor();
    let attempt = an_attempt();
    ports.limiter.reserve(&attempt, request_time_at(START)).await.unwrap();
    ports
        .limiter
        .settle(&Ticket { attempt, is_known: false }, Settlement::Succeeded, request_time_at(START))
        .await
        .unwrap();
    let session = a_session(a_user_id(), START);
    ports.sessions.open(&session.opening, request_time_at(START)).await.unwrap();
    assert_eq!(sent(&monitor.executed()), ["EVALSHA"; 3]);

    ports.log_out(&session, Some(auth_testkit::an_access_token(START))).await.unwrap();
    assert_eq!(sent(&monitor.executed()), ["EVALSHA"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn end_with_a_denylist_in_other_slots_is_one_call_per_entry_more() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).denylisting_separately();
    ports.opened().await;
    let session = ports.opened().await;
    let mut monitor = server.monitor();
    ports.log_out(&session, Some(auth_testkit::an_access_token(START))).await.unwrap();
    // The end of the session, the entry of its access token, the mark, and the entry of the bearer token.
    assert_eq!(sent(&monitor.executed()), ["EVALSHA"; 4]);
}
