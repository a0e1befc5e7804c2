//! A server that is unreachable, and comes back.

use std::process::Stdio;
use std::time::Duration;

use auth_adapter_redis::{RedisConfig, RedisDenylist, RedisStore};
use auth_domain::ports::{Denylist, LoginLimiter, PortErrorKind};
use auth_testkit::servers::{Proxy, RedisServer};
use auth_testkit::{START, TestClock, an_access_token, holds_within, request_time_at};

use crate::support::{Ports, REVOCATION, an_attempt, now_and, real_instant};

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn killed_server_fails_fast_and_is_used_again_when_it_is_back() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let token = an_access_token(START);
    for _ in 0..3 {
        ports.denylist.add(token, request_time_at(START)).await.unwrap();
        server.kill();
        for _ in 0..4 {
            let asked = real_instant();
            let answer = ports.denylist.contains(token.id, request_time_at(START)).await;
            assert_eq!(answer.unwrap_err().kind(), PortErrorKind::Unavailable);
            assert!(asked.elapsed() < Duration::from_millis(700));
        }
        server.start_again();
        let answers = || async { ports.denylist.contains(token.id, request_time_at(START)).await.is_ok() };
        assert!(holds_within(Duration::from_secs(2), answers).await, "no recovery within two seconds");
    }
}

// S-66
#[tokio::test(flavor = "multi_thread")]
async fn frozen_server_times_out_and_is_used_again_after_it_thaws() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let token = an_access_token(START);
    for _ in 0..2 {
        ports.denylist.add(token, request_time_at(START)).await.unwrap();
        server.freeze();
        let asked = real_instant();
        let answers = futures_util::future::join_all(
            (0..32).map(|_| async { ports.denylist.contains(token.id, request_time_at(START)).await }),
        )
        .await;
        assert!(asked.elapsed() < Duration::from_millis(1_700), "{:?}", asked.elapsed());
        assert!(answers.into_iter().all(|answer| answer.is_err()), "an answer without a reply");
        server.thaw();
        let answers = || async { ports.denylist.contains(token.id, request_time_at(START)).await.is_ok() };
        assert!(holds_within(Duration::from_secs(2), answers).await, "no recovery within two seconds");
        assert!(ports.is_revoked(token).await);
    }
}

/// Attempts to connect that time out must leave nothing behind that later ones wait for.
// S-66
#[tokio::test(flavor = "multi_thread")]
async fn process_under_load_is_back_at_once_after_a_freeze_of_three_seconds() {
    let server = RedisServer::start();
    let config = RedisConfig::new(server.url());
    let store = RedisStore::with_workers(&config, TestClock::of_this_machine(), 1).unwrap();
    let denylist = RedisDenylist::new(&store, REVOCATION);
    let token = an_access_token(START);
    for _ in 0..2 {
        denylist.add(token, request_time_at(START)).await.unwrap();
    }
    server.freeze();
    let begun = real_instant();
    while begun.elapsed() < Duration::from_millis(3_050) {
        let denylist = denylist.clone();
        tokio::spawn(async move { denylist.contains(token.id, request_time_at(START)).await });
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.thaw();
    let answers = || async { denylist.contains(token.id, request_time_at(START)).await.is_ok() };
    assert!(holds_within(Duration::from_millis(1_500), answers).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_between_two_queries_causes_no_error() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    let token = an_access_token(START);
    for _ in 0..3 {
        server.kill();
        server.start_again();
        // One query on each connection that the restart has closed.
        for _ in 0..2 {
            assert!(!ports.is_revoked(token).await);
        }
    }
}

/// A load balancer that closes idle connections must not make an instance unready.
#[tokio::test(flavor = "multi_thread")]
async fn ping_does_not_fail_for_one_closed_connection() {
    let server = RedisServer::start();
    let ports = Ports::on(&server).connected().await;
    for round in 0..9 {
        // Either connection is the next one.
        for _ in 0..round % 3 {
            ports.is_revoked(an_access_token(START)).await;
        }
        let clients = server.cli(&["CLIENT", "LIST", "TYPE", "normal"]);
        let id = clients.strip_prefix("id=").and_then(|rest| rest.split(' ').next()).unwrap();
        assert_eq!(server.cli(&["CLIENT", "KILL", "ID", id]), "1");
        ports.store.ping(now_and(0)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unreachable_server_is_used_when_it_comes_up() {
    let server = RedisServer::start();
    server.kill();
    let ports = Ports::on(&server);
    assert!(ports.store.ping(request_time_at(START)).await.is_err());
    server.start_again();
    let opens = || async { ports.denylist.add(an_access_token(START), request_time_at(START)).await.is_ok() };
    assert!(holds_within(Duration::from_secs(2), opens).await);
}

/// After a failover, the address may lead to another server, and the old connections to a replica.
#[tokio::test(flavor = "multi_thread")]
async fn connections_to_a_new_replica_are_discarded() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let ports = Ports::on(&server).connected().await;
    let connections = || server.cli(&["INFO", "stats"]).lines().find_map(connections_received).unwrap();
    let follow = |port: &str| assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", port]), "OK");
    follow(&other.port().to_string());
    for _ in 0..2 {
        let rejected = ports.denylist.add(an_access_token(START), request_time_at(START)).await;
        assert_eq!(rejected.unwrap_err().kind(), PortErrorKind::Unavailable);
    }
    assert_eq!(server.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    let before = connections();
    for _ in 0..2 {
        ports.denylist.add(an_access_token(START), request_time_at(START)).await.unwrap();
    }
    // This query is one connection more.
    assert_eq!(connections() - before, 3, "an old connection was used again");
}

/// A replica receives a logout late or never.
// S-66
#[tokio::test(flavor = "multi_thread")]
async fn replica_never_answers_a_denylist_check() {
    let (server, other) = (RedisServer::start(), RedisServer::start());
    let ports = Ports::on(&server).connected().await;
    assert_eq!(server.cli(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]), "OK");
    for _ in 0..4 {
        let asked = ports.denylist.contains(an_access_token(START).id, request_time_at(START)).await;
        assert_eq!(asked.unwrap_err().kind(), PortErrorKind::Unavailable);
    }
    assert_eq!(server.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    assert!(!ports.is_revoked(an_access_token(START)).await);
}

/// Makes a server the replica of another one, and waits until it has its data.
async fn follow(replica: &RedisServer, primary: &RedisServer) {
    assert!(replica.cli(&["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).starts_with("OK"));
    let is_current = || async { replica.cli(&["INFO", "replication"]).contains("master_link_status:up") };
    assert!(holds_within(Duration::from_secs(10), is_current).await);
}

/// The name of the server leads to the new primary, while the former one, now a replica, keeps its connections. What it rejects
/// was not executed, so it is repeated on a new connection.
#[tokio::test(flavor = "multi_thread")]
async fn failover_that_keeps_old_connections_fails_no_call() {
    let start = || RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
    let (mut primary, mut other) = (start(), start());
    let proxy = Proxy::start(primary.port()).await;
    let ports = Ports::at(&proxy.url()).connected().await;
    for round in 0..4 {
        let session = ports.opened().await;
        follow(&other, &primary).await;
        assert_eq!(other.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
        follow(&primary, &other).await;
        proxy.lead_to(other.port());
        std::mem::swap(&mut primary, &mut other);
        match round {
            0 => drop(ports.rotated(&session, &session.token).await),
            1 => drop(ports.limiter.reserve(&an_attempt(), request_time_at(START)).await.unwrap()),
            2 => assert!(!ports.is_revoked(an_access_token(START)).await),
            _ => ports.store.ping(now_and(0)).await.unwrap(),
        }
    }
}

fn connections_received(line: &str) -> Option<u64> {
    line.trim_end().strip_prefix("total_connections_received:")?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_scripts_are_loaded_again() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let session = ports.opened().await;
    assert_eq!(server.cli(&["SCRIPT", "FLUSH"]), "OK");
    ports.rotated(&session, &session.token).await;
    assert_eq!(server.cli(&["SCRIPT", "FLUSH"]), "OK");
    let token = an_access_token(START);
    ports.log_out(&session, Some(token)).await.unwrap();
    assert!(ports.is_revoked(token).await && ports.is_revoked(session.opening.access_token).await);
}

/// A new connection loads the scripts, which a busy server rejects as well.
#[tokio::test(flavor = "multi_thread")]
async fn busy_server_is_unavailable_on_a_new_connection_too() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    assert_eq!(server.cli(&["CONFIG", "SET", "lua-time-limit", "1"]), "OK");
    let mut endless = server.client();
    endless.args(["EVAL", "while true do end", "0"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut endless = endless.spawn().unwrap();
    let is_busy = || async { server.cli(&["PING"]).starts_with("BUSY") };
    assert!(holds_within(Duration::from_secs(5), is_busy).await);
    let rejected = ports.denylist.add(an_access_token(START), request_time_at(START)).await;
    assert_eq!(rejected.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(server.cli(&["SCRIPT", "KILL"]), "OK");
    endless.wait().unwrap();
    let adds = || async { ports.denylist.add(an_access_token(START), request_time_at(START)).await.is_ok() };
    assert!(holds_within(Duration::from_secs(2), adds).await);
}

/// The reply of a cancelled call must not go to another caller.
#[tokio::test(flavor = "multi_thread")]
async fn cancelled_calls_do_not_disturb_others() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    let (revoked, other) = (an_access_token(START), an_access_token(START));
    ports.denylist.add(revoked, request_time_at(START)).await.unwrap();
    for round in 0..200_u64 {
        let hung_up = ports.denylist.contains(revoked.id, request_time_at(START));
        let _ = tokio::time::timeout(Duration::from_micros(round), hung_up).await;
        assert!(!ports.is_revoked(other).await && ports.is_revoked(revoked).await);
    }
}
