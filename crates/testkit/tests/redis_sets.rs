//! Sets of Redis servers fail over and move slots.

use auth_testkit::servers::{Certificates, RedisCluster, SentinelSet, SetOptions};

/// TLS and users, as in the most protected installation.
fn protected(certificates: &Certificates) -> SetOptions<'_> {
    SetOptions {
        certificates: Some(certificates),
        users: true,
        dead_after: None,
        lines: &["min-replicas-to-write 1"],
    }
}

#[test]
fn sentinels_replace_a_killed_primary_and_accept_it_again() {
    let certificates = Certificates::with_address();
    let set = SentinelSet::start_with(&protected(&certificates));
    assert!(set.url().starts_with("rediss-sentinel://hooksentry:"), "{}", set.url());
    let former = set.primary();
    assert_eq!(former.cli(&["CONFIG", "GET", "min-replicas-to-write"]), "min-replicas-to-write\n1");
    former.kill();
    set.wait_for_another_primary(former);
    let primary = set.primary();
    assert_eq!((primary.cli(&["SET", "key", "value"]), set.replicas().len()), ("OK".to_owned(), 2));
    set.rejoin(former);
    set.wait_until_healthy();
    assert_eq!(former.cli(&["GET", "key"]), "value");
}

#[test]
fn a_live_primary_is_replaced_on_request() {
    let set = SentinelSet::start();
    let former = set.primary().port();
    set.fail_over();
    assert_ne!(set.primary().port(), former);
}

#[test]
fn a_cluster_moves_a_slot_with_its_keys_and_fails_over() {
    let certificates = Certificates::with_address();
    let cluster = RedisCluster::start_with(&protected(&certificates));
    assert_eq!(cluster.primaries().len(), 3);
    let (slot, source) = (cluster.slot_of("key"), cluster.primary_of("key"));
    assert_eq!(source.cli(&["SET", "key", "value"]), "OK");
    let target = cluster.move_slot(slot);
    assert_eq!(
        (cluster.primary_of("key").port(), target.cli(&["GET", "key"])),
        (target.port(), "value".to_owned())
    );
    assert!(source.cli(&["GET", "key"]).starts_with("MOVED"));

    let successor = cluster.fail_over(target);
    cluster.wait_until_healthy();
    assert_eq!(
        (cluster.primary_of("key").port(), successor.cli(&["GET", "key"])),
        (successor.port(), "value".to_owned())
    );
    successor.kill();
    cluster.wait_for_another_primary(successor);
    assert_eq!(cluster.primary_of("key").port(), target.port());
    successor.start_again();
    cluster.wait_until_healthy();
}
