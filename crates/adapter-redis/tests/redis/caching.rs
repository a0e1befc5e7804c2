//! The denylist that is kept in the process: true within its bounds, whatever happens to Redis, and free of charge.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_adapter_redis::CachingDenylist;
use auth_domain::model::LiveAccessToken;
use auth_domain::ports::{Denylist, PortErrorKind};
use auth_testkit::servers::{Proxy, RedisServer};
use auth_testkit::{START, an_access_token, holds_within, request_time_at};

use crate::support::{Ports, REVOCATION, real_instant};

const MAX_LAG: Duration = CachingDenylist::MAX_LAG;

/// One that follows `ports`, and is current.
async fn following(ports: &Ports) -> CachingDenylist {
    let cached = CachingDenylist::start(&ports.store, REVOCATION);
    become_current(&cached).await;
    cached
}

async fn become_current(cached: &CachingDenylist) {
    assert!(
        holds_within(Duration::from_secs(4), || async { cached.state().is_trusted }).await,
        "not current"
    );
}

async fn contains(cached: &CachingDenylist, token: LiveAccessToken) -> bool {
    cached.contains(token.id, request_time_at(START)).await.unwrap()
}

fn key(token: LiveAccessToken) -> String {
    format!("auth:jwt:revoked:{}", token.id)
}

/// Writes an entry as the other endpoints of the platform do.
fn revoke(server: &RedisServer, token: LiveAccessToken, seconds: &str) {
    assert_eq!(server.cli(&["SET", &key(token), "1", "EX", seconds]), "OK");
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn what_any_program_revokes_is_known_in_time() {
    let server = RedisServer::start();
    let early = an_access_token(START);
    revoke(&server, early, "900");
    let cached = following(&Ports::on(&server)).await;
    assert!(contains(&cached, early).await, "revoked before it began to follow");
    for _ in 0..20 {
        let token = an_access_token(START);
        assert!(!contains(&cached, token).await);
        revoke(&server, token, "900");
        assert!(holds_within(MAX_LAG, || contains(&cached, token)).await);
    }
    assert_eq!(cached.state().misses, 0, "Redis was asked");
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn what_this_process_revokes_is_known_at_once() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let cached = following(&ports).await;
    for _ in 0..200 {
        let (session, also) = (ports.opened().await, an_access_token(START));
        ports.log_out(&session, Some(also)).await.unwrap();
        assert!(contains(&cached, also).await && contains(&cached, session.opening.access_token).await);
        let single = an_access_token(START);
        ports.denylist.add(single, request_time_at(START)).await.unwrap();
        assert!(contains(&cached, single).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_sends_no_command() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    let token = an_access_token(START);
    revoke(&server, token, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, token)).await);
    let mut monitor = server.monitor();
    for _ in 0..10_000 {
        assert!(contains(&cached, token).await && !contains(&cached, an_access_token(START)).await);
    }
    let seen = monitor.seen();
    let other: Vec<_> = seen
        .iter()
        .map(auth_testkit::servers::Seen::name)
        .filter(|name| name != "PING" && name != "HELLO")
        .collect();
    assert_eq!(other, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_forgotten_when_redis_forgets_it() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    let token = an_access_token(START);
    revoke(&server, token, "1");
    assert!(holds_within(MAX_LAG, || contains(&cached, token)).await);
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert!(!contains(&cached, token).await);
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_ends_in_errors_and_never_in_a_stale_no() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    let (revoked, other) = (an_access_token(START), an_access_token(START));
    revoke(&server, revoked, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, revoked)).await);
    for _ in 0..3 {
        server.kill();
        let is_told = || async {
            let answer = cached.contains(other.id, request_time_at(START)).await;
            answer.is_err_and(|error| error.kind() == PortErrorKind::Unavailable)
        };
        assert!(holds_within(MAX_LAG, is_told).await, "nobody noticed");
        assert!(contains(&cached, revoked).await, "who is known to be revoked stays so");
        // It comes back with nothing: what was known is not unlearned.
        server.start_again();
        become_current(&cached).await;
        assert!(contains(&cached, revoked).await && !contains(&cached, other).await);
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_is_trusted_no_longer_than_the_lease() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    let token = an_access_token(START);
    for _ in 0..2 {
        server.freeze();
        let frozen = real_instant();
        loop {
            let asked = real_instant();
            match cached.contains(token.id, request_time_at(START)).await {
                Ok(found) => {
                    assert!(!found);
                    assert!(asked - frozen <= MAX_LAG, "a no that nobody could know");
                }
                Err(error) => {
                    assert_eq!(error.kind(), PortErrorKind::Unavailable);
                    break;
                }
            }
        }
        server.thaw();
        become_current(&cached).await;
        assert!(!contains(&cached, token).await);
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_silently_dead_is_trusted_no_longer_than_the_lease() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let cached = following(&Ports::at(&proxy.url())).await;
    proxy.lose_replies(true);
    let token = an_access_token(START);
    revoke(&server, token, "900");
    let revoked = real_instant();
    loop {
        let asked = real_instant();
        match cached.contains(token.id, request_time_at(START)).await {
            Ok(found) => assert!(!found && asked - revoked <= MAX_LAG, "found: {found}"),
            Err(_) => break,
        }
    }
    proxy.lose_replies(false);
    become_current(&cached).await;
    assert!(contains(&cached, token).await, "what was written meanwhile was not read");
}

/// The lease is for what nobody tells; a closed connection tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_connection_is_noticed_long_before_the_lease_ends() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    server.kill();
    assert!(holds_within(MAX_LAG / 2, || async { !cached.state().is_trusted }).await);
}

/// Cut connections are made again, and nothing that was written meanwhile is missed.
#[tokio::test(flavor = "multi_thread")]
async fn every_cut_of_the_connection_is_made_good() {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.port()).await;
    let cached = following(&Ports::at(&proxy.url())).await;
    for round in 0..10 {
        if round % 2 == 0 {
            proxy.cut();
        } else {
            let killed: u32 = server.cli(&["CLIENT", "KILL", "TYPE", "normal"]).parse().unwrap();
            assert!(killed >= 1);
        }
        let token = an_access_token(START);
        revoke(&server, token, "900");
        let is_known = || async { cached.contains(token.id, request_time_at(START)).await.unwrap_or(false) };
        assert!(holds_within(MAX_LAG, is_known).await);
    }
    become_current(&cached).await;
}

/// A tool that empties Redis does not bring revoked tokens back to life, as long as anybody remembers.
#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_server_takes_nothing_back() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    let (flushed, removed, briefly) =
        (an_access_token(START), an_access_token(START), an_access_token(START));
    revoke(&server, flushed, "900");
    revoke(&server, removed, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, removed)).await);
    assert_eq!(server.cli(&["DEL", &key(removed)]), "1");
    // Gone before anybody could ask for its lifetime.
    let script = "redis.call('SET', KEYS[1], '1', 'EX', 900) return redis.call('DEL', KEYS[1])";
    assert_eq!(server.cli(&["EVAL", script, "1", &key(briefly)]), "1");
    assert!(holds_within(MAX_LAG, || contains(&cached, briefly)).await);
    assert_eq!(server.cli(&["FLUSHALL"]), "OK");
    tokio::time::sleep(Duration::from_millis(700)).await;
    become_current(&cached).await;
    for token in [flushed, removed, briefly] {
        assert!(contains(&cached, token).await);
    }
}

/// Whoever becomes a replica and a primary again has other keys than before, and tells none of them.
// S-59
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_replaced_all_at_once_are_read_anew() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    for server in [&server, &other] {
        assert_eq!(server.cli(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]), "OK");
    }
    let cached = following(&Ports::on(&server)).await;
    let token = an_access_token(START);
    revoke(&other, token, "900");
    // As a rule quicker than a sign of life, which would see the replica.
    assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]), "OK");
    let has_synced = || async { server.cli(&["EXISTS", &key(token)]) == "1" };
    assert!(holds_within(Duration::from_secs(5), has_synced).await);
    assert_eq!(server.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    let is_known = || async { cached.contains(token.id, request_time_at(START)).await.unwrap_or(false) };
    assert!(holds_within(MAX_LAG, is_known).await);
}

/// After a failover the old connection may lead to what is a replica now, which learns late.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_a_replica_is_not_followed() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let cached = following(&Ports::on(&server)).await;
    assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]), "OK");
    assert!(holds_within(MAX_LAG, || async { !cached.state().is_trusted }).await);
    assert_eq!(server.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    become_current(&cached).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_at_the_start_is_followed_when_it_comes() {
    let server = RedisServer::start();
    server.kill();
    let cached = CachingDenylist::start(&Ports::on(&server).store, REVOCATION);
    assert!(cached.contains(an_access_token(START).id, request_time_at(START)).await.is_err());
    server.start_again();
    become_current(&cached).await;
}

/// Entries that nobody could have written for a token that is accepted anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_no_entry_are_passed_over() {
    let server = RedisServer::start();
    let token = an_access_token(START);
    for strange in ["auth:jwt:revoked:", "auth:jwt:revoked:x", &key(token).to_uppercase()] {
        assert_eq!(server.cli(&["SET", strange, "1"]), "OK");
    }
    let cached = following(&Ports::on(&server)).await;
    assert_eq!(server.cli(&["SET", "auth:jwt:revoked:y", "1"]), "OK");
    revoke(&server, token, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, token)).await);
    assert_eq!(cached.state().entries, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_denylist_is_read_whole_beside_many_other_keys() {
    let server = RedisServer::start();
    let fill = "for i = 1, 20000 do local id = string.format('%08x-0000-4000-8000-000000000000', i) \
                redis.call('SET', 'auth:jwt:revoked:' .. id, '1', 'EX', 900) \
                redis.call('SET', 'other:' .. i, '1') end return 'OK'";
    assert_eq!(server.cli(&["EVAL", fill, "0"]), "OK");
    let cached = following(&Ports::on(&server)).await;
    assert_eq!(cached.state().entries, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sign_of_life_is_told_with_the_time_that_it_took() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    let beats = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&beats);
    cached.observe_lag(move |took| {
        assert!(took < MAX_LAG);
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let has_beaten = || async { beats.load(Ordering::Relaxed) >= 3 };
    assert!(holds_within(Duration::from_secs(4), has_beaten).await);
}

/// The second question is of a later turn of the server: what it has acknowledged before the first is told by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_is_two_questions_and_the_role_of_the_server() {
    let server = RedisServer::start();
    let _cached = following(&Ports::on(&server)).await;
    let mut monitor = server.monitor();
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    let seen: Vec<_> = monitor.seen().iter().map(auth_testkit::servers::Seen::name).collect();
    let whole = seen.split(|name| name != "PING" && name != "HELLO").next().unwrap_or_default();
    assert!(whole.len() >= 6, "{seen:?}");
    let from_the_first = whole.iter().position(|name| name == "HELLO").unwrap() - 1;
    for sign in whole[from_the_first..].chunks_exact(3) {
        assert_eq!(sign, ["PING", "HELLO", "PING"], "{seen:?}");
    }
}

/// The task ends with the last holder: nothing goes on behind a service that is gone.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_follows_any_more_once_the_last_holder_is_gone() {
    let server = RedisServer::start();
    let cached = following(&Ports::on(&server)).await;
    let trackers = || server.cli(&["INFO", "clients"]).contains("tracking_clients:1");
    assert!(trackers());
    let clone = cached.clone();
    drop(cached);
    assert!(trackers());
    drop(clone);
    assert!(holds_within(Duration::from_secs(2), || async { !trackers() }).await);
}
