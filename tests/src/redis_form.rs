//! The form of Redis of an installation.

use auth_testkit::servers::{RedisCluster, RedisServer, SentinelSet};

/// A Redis server, or a set of servers that replaces a lost primary.
#[derive(Clone, Copy, Debug)]
pub enum RedisForm {
    /// One server.
    One(&'static RedisServer),
    /// A primary with replicas, behind Sentinel.
    Sentinel(&'static SentinelSet),
    /// A cluster.
    Cluster(&'static RedisCluster),
}

impl RedisForm {
    /// Returns the server that the tests of this process share.
    pub(crate) fn shared() -> Self {
        Self::One(RedisServer::shared())
    }

    /// Starts a server that stops with the test process.
    pub(crate) fn own(options: &[&str]) -> Self {
        let options = [&["--databases", "4096"], options].concat();
        Self::One(Box::leak(Box::new(RedisServer::start_with(&options))))
    }

    /// Returns the URL and the number of a database that no other test uses. A cluster has one database only.
    pub(crate) fn database(self) -> (String, u32) {
        match self {
            Self::One(server) => server.database(),
            Self::Sentinel(set) => set.database(),
            Self::Cluster(cluster) => (cluster.url(), 0),
        }
    }

    /// Returns the server that is a primary at present; of a cluster, the one with slot 0.
    pub fn primary(self) -> &'static RedisServer {
        match self {
            Self::One(server) => server,
            Self::Sentinel(set) => set.primary(),
            Self::Cluster(cluster) => cluster.owner(0),
        }
    }

    /// Runs `redis-cli` on a database. In a cluster it follows redirections: a command needs a key.
    pub(crate) fn cli(self, database: u32, words: &[&str]) -> String {
        let number = database.to_string();
        let selected: &[&str] = match self {
            Self::One(_) | Self::Sentinel(_) => &["-n", &number],
            Self::Cluster(_) => &["-c"],
        };
        self.primary().cli(&[selected, words].concat())
    }
}
