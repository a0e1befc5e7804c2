//! The forms of Redis.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use auth_e2e::DURABLE;
use auth_testkit::servers::{RedisCluster, RedisServer, SentinelSet, SetOptions};

/// Longer than a machine under load stands still.
const DEAD_AFTER: Duration = Duration::from_secs(8);

/// Redis in one of its forms, on servers of its own.
#[derive(Debug)]
pub(super) enum Redis {
    /// One server that loses no acknowledged write.
    One(RedisServer),
    /// A primary and two replicas.
    Sentinel(SentinelSet),
    /// Three primaries with a replica each.
    Cluster(RedisCluster),
}

impl Redis {
    /// Returns the server that the tests of this program share. One test at a time uses it.
    pub(super) fn one() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| Self::One(RedisServer::start_with(&DURABLE)))
    }

    /// Returns the set that the tests of this program share. One test at a time uses it.
    pub(super) fn sentinel() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| Self::Sentinel(SentinelSet::start()))
    }

    /// Returns the shared set whose sentinels replace only a server that is dead: a failover that no test asked for could forget writes.
    pub(super) fn slow_sentinel() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        let options = SetOptions { dead_after: Some(DEAD_AFTER), ..SetOptions::default() };
        SHARED.get_or_init(|| Self::Sentinel(SentinelSet::start_with(&options)))
    }

    /// Returns the cluster that the tests of this program share. One test at a time uses it.
    pub(super) fn cluster() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| Self::Cluster(RedisCluster::start()))
    }

    pub(super) fn url(&self) -> String {
        match self {
            Self::One(server) => server.url(),
            Self::Sentinel(set) => set.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    /// Returns the servers that accept writes.
    pub(super) fn primaries(&self) -> Vec<&RedisServer> {
        match self {
            Self::One(server) => vec![server],
            Self::Sentinel(set) => vec![set.primary()],
            Self::Cluster(cluster) => cluster.primaries(),
        }
    }

    /// Returns the ports of the primaries. A server that is busy for longer than a second is replaced although nothing stopped it.
    pub(super) fn ports_of_primaries(&self) -> BTreeSet<u16> {
        self.primaries().into_iter().map(RedisServer::port).collect()
    }

    /// Waits until each server runs and each primary has its replicas.
    pub(super) fn wait_until_healthy(&self) {
        match self {
            Self::One(_) => (),
            Self::Sentinel(set) => set.wait_until_healthy(),
            Self::Cluster(cluster) => cluster.wait_until_healthy(),
        }
    }

    /// Prints what the sentinels did and why. The output of a test is shown if it fails.
    pub(super) fn print_failovers(&self) {
        let Self::Sentinel(set) = self else { return };
        for sentinel in set.sentinels() {
            println!("sentinel on port {}:\n{}", sentinel.port(), sentinel.log());
        }
    }

    /// Returns the keys of all primaries that match a pattern.
    pub(super) fn keys(&self, pattern: &str) -> usize {
        let count = |server: &RedisServer| server.cli(&["--scan", "--pattern", pattern]).lines().count();
        self.primaries().into_iter().map(count).sum()
    }
}
