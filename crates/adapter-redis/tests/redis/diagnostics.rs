//! Readiness, and the checks of the server.

use std::time::Duration;

use auth_domain::model::{EndReason, Settlement, Ticket};
use auth_domain::ports::{Check, Denylist, LoginLimiter, PortErrorKind, SessionStore, Severity};
use auth_testkit::servers::RedisServer;
use auth_testkit::{START, a_session, a_user_id, an_access_token, holds_within, request_time_at};

use crate::support::{Ports, an_attempt, now_and};

fn severity_of(checks: &[Check], word: &str) -> Severity {
    let about = checks.iter().find(|check| check.text.contains(word));
    about.unwrap_or_else(|| panic!("nothing on {word}: {checks:?}")).severity
}

// S-88
#[tokio::test]
async fn server_with_good_settings_passes_all_checks() {
    let server = RedisServer::start_with(&["--appendonly", "yes"]);
    let checks = Ports::on(&server).store.diagnose(now_and(0)).await.unwrap();
    assert!(checks.iter().all(|check| check.severity == Severity::Ok), "{checks:?}");
}

// S-88
#[tokio::test]
async fn checks_report_eviction_missing_persistence_and_a_replica() {
    let evicting = ["--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb"];
    let server = RedisServer::start_with(&evicting);
    let checks = Ports::on(&server).store.diagnose(now_and(0)).await.unwrap();
    assert_eq!(severity_of(&checks, "maxmemory-policy"), Severity::Error);
    assert_eq!(severity_of(&checks, "nothing on disk"), Severity::Warning);

    let primary = server.port().to_string();
    let replica =
        RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {primary}"), "--save", "60 1"]);
    let checks = Ports::on(&replica).store.diagnose(now_and(0)).await.unwrap();
    assert_eq!(severity_of(&checks, "replica"), Severity::Error);
    assert_eq!(severity_of(&checks, "snapshots only"), Severity::Warning);
}

// S-88
#[tokio::test]
async fn clock_skew_above_two_seconds_fails_ping_and_check() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    for seconds in [-1, 0, 1] {
        ports.store.ping(now_and(seconds)).await.unwrap();
    }
    for seconds in [-4, 4] {
        let apart = ports.store.ping(now_and(seconds)).await.unwrap_err();
        assert_eq!(apart.kind(), PortErrorKind::Misconfigured);
        let checks = ports.store.diagnose(now_and(seconds)).await.unwrap();
        assert_eq!(severity_of(&checks, "clock"), Severity::Error);
    }
}

/// A server with one connected replica.
async fn with_replica() -> (RedisServer, RedisServer) {
    let primary = RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", primary.port())]);
    let is_connected = || async { primary.cli(&["INFO", "replication"]).contains("state=online") };
    assert!(holds_within(Duration::from_secs(10), is_connected).await);
    (primary, replica)
}

// S-88
#[tokio::test(flavor = "multi_thread")]
async fn checks_report_a_primary_that_writes_without_replicas() {
    let (primary, replica) = with_replica().await;
    let ports = Ports::on(&primary);
    let checks = ports.store.diagnose(now_and(0)).await.unwrap();
    assert_eq!(severity_of(&checks, "set min-replicas-to-write 1"), Severity::Warning);
    assert_eq!(primary.cli(&["CONFIG", "SET", "min-replicas-to-write", "1"]), "OK");
    let checks = ports.store.diagnose(now_and(0)).await.unwrap();
    assert_eq!(severity_of(&checks, "only while replicas are connected"), Severity::Ok);
    drop(replica);
}

// S-96, S-66
#[tokio::test(flavor = "multi_thread")]
async fn primary_without_its_replicas_is_an_outage_for_every_script() {
    let (primary, replica) = with_replica().await;
    assert_eq!(primary.cli(&["CONFIG", "SET", "min-replicas-to-write", "1"]), "OK");
    let ports = Ports::on(&primary);
    let (session, ended) = (ports.opened().await, ports.opened().await);
    let (attempt, in_flight) = (an_attempt(), an_attempt());
    ports.limiter.reserve(&in_flight, request_time_at(START)).await.unwrap();
    ports.store.ping(now_and(0)).await.unwrap();

    replica.kill();
    let is_cut_off = || async { primary.cli(&["INFO", "replication"]).contains("min_slaves_good_slaves:0") };
    assert!(holds_within(Duration::from_secs(10), is_cut_off).await);
    let (user, now) = (ended.token.session().user_id, || request_time_at(START));
    let opening = a_session(a_user_id(), START);
    let rotation = session.rotation(&session.token, START);
    let outcomes = [
        ("reserve", ports.limiter.reserve(&attempt, now()).await.map(drop)),
        (
            "settle",
            ports
                .limiter
                .settle(&Ticket { attempt: in_flight, is_known: false }, Settlement::Failed, now())
                .await,
        ),
        ("open", ports.sessions.open(&opening.opening, now()).await),
        ("rotate", ports.sessions.rotate(&rotation.rotate, now()).await.map(drop)),
        ("end", ports.log_out(&ended, None).await.map(drop)),
        ("end_all", ports.sessions.end_all(user, EndReason::Revoked, now()).await.map(drop)),
        ("add", ports.denylist.add(an_access_token(START), now()).await),
        ("readiness", ports.store.ping(now_and(0)).await),
    ];
    for (call, outcome) in outcomes {
        assert_eq!(outcome.unwrap_err().kind(), PortErrorKind::Unavailable, "{call}");
    }
    let checks = ports.store.diagnose(now_and(0)).await.unwrap();
    assert_eq!(severity_of(&checks, "too few of its replicas"), Severity::Error);

    assert_eq!(primary.cli(&["CONFIG", "SET", "min-replicas-to-write", "0"]), "OK");
    ports.rotated(&session, &session.token).await;
    ports.store.ping(now_and(0)).await.unwrap();
}

// S-96
#[tokio::test(flavor = "multi_thread")]
async fn full_server_is_not_ready() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    ports.store.ping(now_and(0)).await.unwrap();
    assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    assert_eq!(ports.store.ping(now_and(0)).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    ports.store.ping(now_and(0)).await.unwrap();
}
