//! Readiness and diagnostics behind Sentinel and on a cluster.

use std::error::Error;
use std::time::Duration;

use auth_domain::ports::{PortError, PortErrorKind, Severity};
use auth_testkit::holds_within;
use auth_testkit::servers::{RedisCluster, RedisServer, SentinelSet};

use crate::support::{Ports, now_and};

/// Sentinels and nodes notice a failure within three seconds.
const NOTICED: Duration = Duration::from_secs(10);

fn address(server: &RedisServer) -> String {
    format!("127.0.0.1:{}", server.port())
}

fn text(error: &PortError) -> String {
    error.source().unwrap().to_string()
}

/// Whether diagnostics have a check of this severity, whose text contains these words.
async fn is_found(ports: &Ports, severity: Severity, words: &[&str]) -> bool {
    let checks = ports.store.diagnose(now_and(0)).await.unwrap_or_default();
    checks
        .iter()
        .any(|check| check.severity == severity && words.iter().all(|word| check.text.contains(word)))
}

// S-88
#[tokio::test(flavor = "multi_thread")]
async fn sentinels_and_replicas_are_named() {
    let set = SentinelSet::start();
    let (primary, replicas) = (set.primary(), set.replicas());
    let ports = Ports::at(&set.url());
    ports.store.ping(now_and(0)).await.unwrap();
    let seen = ports.store.topology();
    assert_eq!(seen.primaries[0].replication.as_ref().unwrap().online().count(), 2);
    assert!(is_found(&ports, Severity::Ok, &["3 of 3 sentinels name", &address(primary)]).await);
    assert!(
        is_found(&ports, Severity::Ok, &["its replicas", &address(replicas[0]), &address(replicas[1])]).await
    );

    let [killed, frozen, _] = set.sentinels();
    killed.kill();
    frozen.freeze();
    replicas[0].kill();
    for sentinel in [killed, frozen] {
        let found = async || {
            is_found(&ports, Severity::Warning, &["sentinel", &address(sentinel), "does not answer"]).await
        };
        assert!(holds_within(NOTICED, found).await, "{}", address(sentinel));
    }
    let no_quorum = || is_found(&ports, Severity::Warning, &["cannot replace a failed primary"]);
    assert!(holds_within(NOTICED, no_quorum).await);
    let one = async || is_found(&ports, Severity::Ok, &["its replica ", &address(replicas[1])]).await;
    assert!(holds_within(NOTICED, one).await);
    replicas[1].kill();
    let none = || is_found(&ports, Severity::Warning, &["no replica has its data"]);
    assert!(holds_within(NOTICED, none).await);
    assert!(!is_found(&ports, Severity::Ok, &["it has no replicas"]).await, "contradicts the warning");
    let waiting = Ports::at(&set.url()).waiting_for(1);
    assert!(is_found(&waiting, Severity::Error, &["0 replicas have its data, and 1 must confirm"]).await);
    // Rights are checked, and the replicas that are missing are not waited for.
    assert!(is_found(&waiting, Severity::Ok, &["may do everything"]).await);

    primary.freeze();
    let error = ports.store.ping(now_and(0)).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    assert!(text(&error).contains(&address(primary)), "{error:?}");
}

// S-88
#[tokio::test(flavor = "multi_thread")]
async fn failed_nodes_and_slots_of_a_cluster_are_named() {
    let cluster = RedisCluster::start();
    let ports = Ports::at(&cluster.url());
    ports.store.ping(now_and(0)).await.unwrap();
    let primary = cluster.primary_of("key");
    let replica = cluster.replica_of(primary);
    let seen = ports.store.topology();
    assert_eq!(seen.primaries.len(), 3);
    assert!(seen.primaries.iter().all(|it| it.replication.as_ref().unwrap().online().count() == 1));
    assert!(is_found(&ports, Severity::Ok, &["the primaries of the cluster are", &address(primary)]).await);
    assert!(is_found(&ports, Severity::Ok, &[&address(primary), "its replica", &address(replica)]).await);

    let slot = cluster.slot_of("key");
    let target = cluster.begin_move(slot);
    for node in [primary, target] {
        let open = [&address(node), "1 of its slots move", &slot.to_string(), "--cluster fix"];
        assert!(is_found(&ports, Severity::Warning, &open).await);
        assert_eq!(node.cli(&["CLUSTER", "SETSLOT", &slot.to_string(), "STABLE"]), "OK");
    }
    assert!(!is_found(&ports, Severity::Warning, &["of its slots move"]).await);

    replica.kill();
    primary.freeze();
    let error = ports.store.ping(now_and(0)).await.unwrap_err();
    assert!(text(&error).contains(&address(primary)), "{error:?}");
    let uncovered = || is_found(&ports, Severity::Error, &["5461 slots of the cluster have no primary"]);
    assert!(holds_within(NOTICED, uncovered).await);
    assert!(is_found(&ports, Severity::Warning, &["cluster node", &address(primary), "has failed"]).await);
    assert!(is_found(&ports, Severity::Warning, &[&address(replica), "a replica of", "has failed"]).await);
    primary.thaw();
    let is_back = || async { ports.store.ping(now_and(0)).await.is_ok() };
    assert!(holds_within(NOTICED, is_back).await);
}

// S-88
#[tokio::test(flavor = "multi_thread")]
async fn primary_whose_clock_differs_is_named() {
    let cluster = RedisCluster::shared();
    let ports = Ports::at(&cluster.url());
    let starts: Vec<_> = cluster
        .primaries()
        .into_iter()
        .map(|primary| format!("{}: the clock of Redis is 3", address(primary)))
        .collect();
    let is_named = || async {
        let error = ports.store.ping(now_and(3_600)).await.unwrap_err();
        starts.iter().any(|start| text(&error).starts_with(start))
    };
    assert!(holds_within(NOTICED, is_named).await);
    let is_listed = || async {
        let checks = ports.store.diagnose(now_and(3_600)).await.unwrap_or_default();
        checks.iter().any(|check| check.text.contains(": the clock of Redis is 3"))
    };
    assert!(holds_within(NOTICED, is_listed).await);
}
