//! The denylist cache: its answers during outages of Redis, and its cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use auth_adapter_redis::{CachingDenylist, RedisConfig};
use auth_domain::model::{LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, Rotation};
use auth_domain::ports::{Denylist, PortErrorKind, SessionStore};
use auth_testkit::servers::{Proxy, RedisServer};
use auth_testkit::{START, TestClock, an_access_token, holds_within, request_time_at};

use crate::support::{Ports, REVOCATION, real_instant};

const MAX_LAG: Duration = CachingDenylist::MAX_LAG;

/// Starts a cache and waits until it is trusted.
async fn trusted(ports: &Ports) -> CachingDenylist {
    let cached = CachingDenylist::start(&ports.store, REVOCATION);
    wait_for_trust(&cached).await;
    cached
}

async fn wait_for_trust(cached: &CachingDenylist) {
    assert!(
        holds_within(Duration::from_secs(4), || async { cached.state().is_trusted }).await,
        "the cache is not trusted"
    );
}

async fn contains(cached: &CachingDenylist, token: LiveAccessToken) -> bool {
    cached.contains(token.id, request_time_at(START)).await.unwrap()
}

fn key(token: LiveAccessToken) -> String {
    format!("auth:jwt:revoked:{}", token.id)
}

/// Writes an entry like another endpoint of the HookSentry platform.
fn revoke(server: &RedisServer, token: LiveAccessToken, seconds: &str) {
    assert_eq!(server.cli(&["SET", &key(token), "1", "EX", seconds]), "OK");
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn revocation_by_any_client_is_in_the_cache_in_time() {
    let server = RedisServer::start();
    let early = an_access_token(START);
    revoke(&server, early, "900");
    let cached = trusted(&Ports::on(&server)).await;
    assert!(contains(&cached, early).await, "revoked before the start");
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
async fn own_revocation_is_in_the_cache_at_once() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let cached = trusted(&ports).await;
    for _ in 0..200 {
        let (session, also) = (ports.opened().await, an_access_token(START));
        ports.log_out(&session, Some(also)).await.unwrap();
        assert!(contains(&cached, also).await && contains(&cached, session.opening.access_token).await);
        let single = an_access_token(START);
        ports.denylist.add(single, request_time_at(START)).await.unwrap();
        assert!(contains(&cached, single).await);
    }
}

// S-59
#[tokio::test(flavor = "multi_thread")]
async fn token_that_makes_room_is_in_the_cache_at_once() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let cached = trusted(&ports).await;
    for _ in 0..20 {
        let session = ports.opened().await;
        let mut token = session.token.clone();
        for _ in 1..MAX_LIVE_ACCESS_TOKENS {
            token = ports.rotated(&session, &token).await;
        }
        let mut next = session.rotation(&token, START);
        let outcome = ports.sessions.rotate(&next.rotate, request_time_at(START)).await.unwrap();
        let Rotation::AtCapacity { oldest } = outcome else { panic!("{outcome:?}") };
        assert!(!contains(&cached, oldest).await);
        next.rotate.releases_oldest = true;
        let outcome = ports.sessions.rotate(&next.rotate, request_time_at(START)).await.unwrap();
        assert_eq!(outcome, Rotation::Rotated);
        assert!(contains(&cached, oldest).await && ports.is_revoked(oldest).await);
        assert!(!contains(&cached, next.rotate.access_token).await);
    }
    assert_eq!(cached.state().misses, 0, "Redis was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_sends_no_command() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    let token = an_access_token(START);
    revoke(&server, token, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, token)).await);
    let mut monitor = server.monitor();
    for _ in 0..10_000 {
        assert!(contains(&cached, token).await && !contains(&cached, an_access_token(START)).await);
    }
    let seen = monitor.executed();
    let other: Vec<_> = seen
        .iter()
        .map(auth_testkit::servers::ExecutedCommand::name)
        .filter(|name| !["PING", "HELLO", "TIME"].contains(&name.as_str()))
        .collect();
    assert_eq!(other, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn cached_entry_expires_with_the_entry_in_redis() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    let token = an_access_token(START);
    revoke(&server, token, "1");
    assert!(holds_within(MAX_LAG, || contains(&cached, token)).await);
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert!(!contains(&cached, token).await);
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn checks_fail_while_the_server_is_down_and_no_entry_is_lost() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    let (revoked, other) = (an_access_token(START), an_access_token(START));
    revoke(&server, revoked, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, revoked)).await);
    for _ in 0..3 {
        server.kill();
        let is_error = || async {
            let answer = cached.contains(other.id, request_time_at(START)).await;
            answer.is_err_and(|error| error.kind() == PortErrorKind::Unavailable)
        };
        assert!(holds_within(MAX_LAG, is_error).await, "the outage was not noticed");
        assert!(contains(&cached, revoked).await, "a revoked token became valid");
        // The server comes back without its keys.
        server.start_again();
        wait_for_trust(&cached).await;
        assert!(contains(&cached, revoked).await && !contains(&cached, other).await);
    }
}

// S-36
#[tokio::test(flavor = "multi_thread")]
async fn cache_accepts_no_token_while_the_clock_is_wrong() {
    let server = RedisServer::start();
    let clock = TestClock::of_this_machine();
    let cached = trusted(&Ports::with_clock(Arc::clone(&clock), &RedisConfig::new(server.url()))).await;
    let token = an_access_token(START);
    assert!(!contains(&cached, token).await);
    for _ in 0..2 {
        clock.set_back(Duration::from_hours(1));
        let rejects = || async {
            let answer = cached.contains(token.id, request_time_at(START)).await;
            answer.is_err_and(|error| format!("{error:?}").contains("s ahead of ours"))
        };
        assert!(holds_within(MAX_LAG, rejects).await, "a token is accepted with a wrong clock");
        assert!(rejects().await);
        clock.advance(Duration::from_hours(1));
        wait_for_trust(&cached).await;
        assert!(!contains(&cached, token).await);
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn frozen_server_ends_the_trust_within_the_lease() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    let token = an_access_token(START);
    for _ in 0..2 {
        server.freeze();
        let frozen = real_instant();
        loop {
            let asked = real_instant();
            match cached.contains(token.id, request_time_at(START)).await {
                Ok(found) => {
                    assert!(!found);
                    assert!(asked - frozen <= MAX_LAG, "an answer after the end of the lease");
                }
                Err(error) => {
                    assert_eq!(error.kind(), PortErrorKind::Unavailable);
                    break;
                }
            }
        }
        server.thaw();
        wait_for_trust(&cached).await;
        assert!(!contains(&cached, token).await);
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn dead_connection_ends_the_trust_within_the_lease() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port()).await;
    let cached = trusted(&Ports::at(&proxy.url())).await;
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
    wait_for_trust(&cached).await;
    assert!(contains(&cached, token).await, "an entry that was written during the outage is missing");
}

/// A closed connection is reported by the operating system; the lease is for the other cases.
#[tokio::test(flavor = "multi_thread")]
async fn closed_connection_ends_the_trust_at_once() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    server.kill();
    assert!(holds_within(MAX_LAG / 2, || async { !cached.state().is_trusted }).await);
}

/// The cache reconnects, and loads what was written in between.
#[tokio::test(flavor = "multi_thread")]
async fn cache_recovers_from_every_cut_of_its_connection() {
    let server = RedisServer::start();
    let proxy = Proxy::start(server.port()).await;
    let cached = trusted(&Ports::at(&proxy.url())).await;
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
    wait_for_trust(&cached).await;
}

/// A flushed Redis does not make revoked tokens valid again in a process that has them in its cache.
#[tokio::test(flavor = "multi_thread")]
async fn emptied_server_removes_nothing_from_the_cache() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    let (flushed, removed, briefly) =
        (an_access_token(START), an_access_token(START), an_access_token(START));
    revoke(&server, flushed, "900");
    revoke(&server, removed, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, removed)).await);
    assert_eq!(server.cli(&["DEL", &key(removed)]), "1");
    // Deleted before its lifetime can be asked for.
    let script = "redis.call('SET', KEYS[1], '1', 'EX', 900) return redis.call('DEL', KEYS[1])";
    assert_eq!(server.cli(&["EVAL", script, "1", &key(briefly)]), "1");
    assert!(holds_within(MAX_LAG, || contains(&cached, briefly)).await);
    assert_eq!(server.cli(&["FLUSHALL"]), "OK");
    tokio::time::sleep(Duration::from_millis(700)).await;
    wait_for_trust(&cached).await;
    for token in [flushed, removed, briefly] {
        assert!(contains(&cached, token).await);
    }
}

/// A server that becomes a replica and then a primary again has other keys, and sends no invalidation of each.
// S-59
#[tokio::test(flavor = "multi_thread")]
async fn replaced_keyspace_is_loaded_again() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    for server in [&server, &other] {
        assert_eq!(server.cli(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]), "OK");
    }
    let cached = trusted(&Ports::on(&server)).await;
    let token = an_access_token(START);
    revoke(&other, token, "900");
    // Usually faster than the next heartbeat, which would find a replica.
    assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]), "OK");
    let has_synced = || async { server.cli(&["EXISTS", &key(token)]) == "1" };
    assert!(holds_within(Duration::from_secs(5), has_synced).await);
    assert_eq!(server.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    let is_known = || async { cached.contains(token.id, request_time_at(START)).await.unwrap_or(false) };
    assert!(holds_within(MAX_LAG, is_known).await);
}

/// After a failover, the old connection may lead to a replica, which receives writes late.
#[tokio::test(flavor = "multi_thread")]
async fn replica_ends_the_trust() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let cached = trusted(&Ports::on(&server)).await;
    assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]), "OK");
    assert!(holds_within(MAX_LAG, || async { !cached.state().is_trusted }).await);
    assert_eq!(server.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    wait_for_trust(&cached).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cache_starts_when_an_unreachable_server_comes_up() {
    let server = RedisServer::start();
    server.kill();
    let cached = CachingDenylist::start(&Ports::on(&server).store, REVOCATION);
    assert!(cached.contains(an_access_token(START).id, request_time_at(START)).await.is_err());
    server.start_again();
    wait_for_trust(&cached).await;
}

/// No verifier accepts a token with such an id.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_no_denylist_entry_are_ignored() {
    let server = RedisServer::start();
    let token = an_access_token(START);
    for strange in ["auth:jwt:revoked:", "auth:jwt:revoked:x", &key(token).to_uppercase()] {
        assert_eq!(server.cli(&["SET", strange, "1"]), "OK");
    }
    let cached = trusted(&Ports::on(&server)).await;
    assert_eq!(server.cli(&["SET", "auth:jwt:revoked:y", "1"]), "OK");
    revoke(&server, token, "900");
    assert!(holds_within(MAX_LAG, || contains(&cached, token)).await);
    assert_eq!(cached.state().entries, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_denylist_among_other_keys_is_loaded_completely() {
    let server = RedisServer::start();
    let fill = "for i = 1, 20000 do local id = string.format('%08x-0000-4000-8000-000000000000', i) \
                redis.call('SET', 'auth:jwt:revoked:' .. id, '1', 'EX', 900) \
                redis.call('SET', 'other:' .. i, '1') end return 'OK'";
    assert_eq!(server.cli(&["EVAL", fill, "0"]), "OK");
    let cached = trusted(&Ports::on(&server)).await;
    assert_eq!(cached.state().entries, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn lag_observer_is_called_for_each_heartbeat() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    let heartbeats = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&heartbeats);
    cached.observe_lag(move |took| {
        assert!(took < MAX_LAG);
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let has_three = || async { heartbeats.load(Ordering::Relaxed) >= 3 };
    assert!(holds_within(Duration::from_secs(4), has_three).await);
}

/// Redis executes `TIME` in a later event-loop iteration, so the invalidations of writes before the `PING` precede its reply. It is repeated if
/// its reply is slow.
#[tokio::test(flavor = "multi_thread")]
async fn heartbeat_is_ping_hello_time() {
    let server = RedisServer::start();
    let _cached = trusted(&Ports::on(&server)).await;
    let mut monitor = server.monitor();
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    let seen: Vec<_> = monitor.executed().iter().map(auth_testkit::servers::ExecutedCommand::name).collect();
    let mut whole = seen;
    whole.dedup();
    assert!(whole.len() >= 6, "{whole:?}");
    let first = whole.iter().position(|name| name == "PING").unwrap();
    for heartbeat in whole[first..].chunks_exact(3) {
        assert_eq!(heartbeat, ["PING", "HELLO", "TIME"], "{whole:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tracking_ends_with_the_last_clone() {
    let server = RedisServer::start();
    let cached = trusted(&Ports::on(&server)).await;
    let trackers = || server.cli(&["INFO", "clients"]).contains("tracking_clients:1");
    assert!(trackers());
    let clone = cached.clone();
    drop(cached);
    assert!(trackers());
    drop(clone);
    assert!(holds_within(Duration::from_secs(2), || async { !trackers() }).await);
}
