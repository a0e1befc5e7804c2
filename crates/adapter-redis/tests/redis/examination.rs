//! What administrators are told about the server.

use auth_domain::ports::{Finding, PortErrorKind, Verdict};
use auth_testkit::servers::RedisServer;

use crate::support::{Ports, now_and};

fn verdict_on(findings: &[Finding], word: &str) -> Verdict {
    let about = findings.iter().find(|finding| finding.text.contains(word));
    about.unwrap_or_else(|| panic!("nothing on {word}: {findings:?}")).verdict
}

// S-88
#[tokio::test]
async fn a_server_that_is_set_up_well_has_nothing_against_it() {
    let server = RedisServer::start_with(&["--appendonly", "yes"]);
    let findings = Ports::on(&server).store.examine(now_and(0)).await.unwrap();
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Good), "{findings:?}");
}

// S-88
#[tokio::test]
async fn eviction_missing_persistence_and_a_replica_are_found() {
    let evicting = ["--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb"];
    let server = RedisServer::start_with(&evicting);
    let findings = Ports::on(&server).store.examine(now_and(0)).await.unwrap();
    assert_eq!(verdict_on(&findings, "maxmemory-policy"), Verdict::Fault);
    assert_eq!(verdict_on(&findings, "nothing on disk"), Verdict::Warning);

    let primary = server.port().to_string();
    let replica =
        RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {primary}"), "--save", "60 1"]);
    let findings = Ports::on(&replica).store.examine(now_and(0)).await.unwrap();
    assert_eq!(verdict_on(&findings, "replica"), Verdict::Fault);
    assert_eq!(verdict_on(&findings, "snapshots only"), Verdict::Warning);
}

// S-88
#[tokio::test]
async fn clocks_more_than_two_seconds_apart_are_found_and_fail_the_sign_of_life() {
    let server = RedisServer::start();
    let ports = Ports::on(&server);
    for seconds in [-1, 0, 1] {
        ports.store.ping(now_and(seconds)).await.unwrap();
    }
    for seconds in [-4, 4] {
        let apart = ports.store.ping(now_and(seconds)).await.unwrap_err();
        assert_eq!(apart.kind(), PortErrorKind::Misconfigured);
        let findings = ports.store.examine(now_and(seconds)).await.unwrap();
        assert_eq!(verdict_on(&findings, "clock"), Verdict::Fault);
    }
}
