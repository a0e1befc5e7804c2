//! A Redis Cluster of six nodes.

use std::array;
use std::sync::OnceLock;
use std::time::Duration;

use crate::servers::supervisor::wait_until;
use crate::servers::{Port, RedisServer};

use super::nodes::Place;
use super::options::SetOptions;
use super::sentinels::online_replicas;

/// The slots of the first three nodes, which are primaries at the start.
const SLOTS: [&str; 3] = ["0-5460", "5461-10922", "10923-16383"];
const OPTIONS: &str = "cluster-enabled yes\ncluster-config-file nodes.conf\n";
const DEAD_AFTER: Duration = Duration::from_secs(2);

/// Three primaries with a replica each.
///
/// Each node can be killed, frozen and started again. A node that was replaced becomes a replica as soon as it hears of its
/// successor.
#[derive(Debug)]
pub struct RedisCluster {
    pub(super) nodes: [RedisServer; 6],
    pub(super) ids: [String; 6],
    scheme: String,
    credentials: String,
    _bus_ports: [Port; 6],
}

impl RedisCluster {
    /// Returns the cluster that the tests of this process share. A test must not rely on the absence of other keys.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RedisCluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(&SetOptions::calm()))
    }

    /// Starts a cluster for one test, without TLS and without users.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&SetOptions::default())
    }

    /// Starts a cluster, and waits until it is healthy.
    #[must_use]
    pub fn start_with(options: &SetOptions<'_>) -> Self {
        let places: [Place; 6] = array::from_fn(|_| Place::take(options));
        let bus_ports: [Port; 6] = array::from_fn(|_| Port::take());
        let ids = places.each_ref().map(|place| place.id.clone());
        let files: [String; 6] = array::from_fn(|index| view(index, &places, &bus_ports));
        let tls = if options.certificates.is_some() { "tls-cluster yes\n" } else { "" };
        let mut started = places.into_iter().zip(files).zip(&bus_ports).map(|((place, view), bus)| {
            let timeout = options.dead_after(DEAD_AFTER);
            let lines =
                format!("{OPTIONS}{tls}cluster-port {}\ncluster-node-timeout {timeout}\n", bus.number);
            place.store(options, &lines, &[("nodes.conf", view)])
        });
        let nodes = array::from_fn(|_| started.next().expect("six nodes"));
        let (scheme, credentials) = (options.scheme("cluster"), options.credentials());
        drop(started);
        let cluster = Self { nodes, ids, scheme, credentials, _bus_ports: bus_ports };
        cluster.wait_until_healthy();
        cluster
    }

    /// Returns the URL with all nodes.
    #[must_use]
    pub fn url(&self) -> String {
        let nodes = self.nodes.each_ref().map(|node| format!("127.0.0.1:{}", node.main_port())).join(",");
        format!("{}://{}{nodes}", self.scheme, self.credentials)
    }

    /// Returns the six nodes. The first three are the primaries at the start, the others their replicas in the same order.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer; 6] {
        &self.nodes
    }

    /// Returns the nodes with slots, as most running nodes see them.
    #[must_use]
    pub fn primaries(&self) -> Vec<&RedisServer> {
        let lines = self.newest_view();
        let owners = lines.iter().filter(|line| line.has_slots && !line.is_failed);
        owners.map(|line| self.node(&line.id)).collect()
    }

    /// Returns the primary of the slot of a key.
    #[must_use]
    pub fn primary_of(&self, key: &str) -> &RedisServer {
        self.owner(self.slot_of(key))
    }

    /// Returns a running replica of a primary.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn replica_of(&self, primary: &RedisServer) -> &RedisServer {
        let id = self.id_of(primary);
        let lines = self.newest_view();
        let replica = lines.iter().find(|line| line.primary == id && !line.is_failed);
        self.node(&replica.expect("a replica").id)
    }

    /// Returns the slot of a key.
    #[must_use]
    pub fn slot_of(&self, key: &str) -> u16 {
        let slot = self.nodes.iter().find_map(|node| node.ask(&["CLUSTER", "KEYSLOT", key]));
        slot.and_then(|slot| slot[0].parse().ok()).expect("a slot")
    }

    /// Makes a replica of a live primary its successor, and waits until all running nodes know; returns the successor.
    pub fn fail_over(&self, primary: &RedisServer) -> &RedisServer {
        let successor = self.replica_of(primary);
        let accepted = || successor.ask(&["CLUSTER", "FAILOVER"]).is_some_and(|reply| reply == ["OK"]);
        assert!(wait_until(accepted), "the replica rejects a failover");
        self.wait_for_another_primary(primary);
        successor
    }

    /// Waits until no running node sees slots of `former`, and all slots are served.
    pub fn wait_for_another_primary(&self, former: &RedisServer) {
        let id = self.id_of(former);
        let forgets = |node: &RedisServer| {
            has_all_slots(node) && lines(node).iter().all(|line| line.id != id || !line.has_slots)
        };
        let running = || self.nodes.iter().filter(|node| node.is_running() && node.port() != former.port());
        assert!(wait_until(|| running().all(forgets)), "no failover");
    }

    /// Waits until all six nodes answer and serve all slots, with a replica of each primary.
    pub fn wait_until_healthy(&self) {
        assert!(wait_until(|| self.is_healthy()), "the cluster is not healthy");
    }

    fn is_healthy(&self) -> bool {
        let has_a_replica = |node: &RedisServer| {
            lines(node).iter().any(|line| line.is_myself && (!line.has_slots || online_replicas(node) == 1))
        };
        self.nodes.iter().all(has_all_slots)
            && self.nodes.iter().all(|node| lines(node).iter().all(|line| !line.is_failed))
            && self.nodes.iter().all(has_a_replica)
            && self.newest_view().iter().filter(|line| line.has_slots).count() == 3
    }

    /// The nodes as a node with the highest epoch sees them.
    fn newest_view(&self) -> Vec<Line> {
        let views = self.nodes.iter().map(lines);
        views.max_by_key(|view| view.iter().map(|line| line.epoch).max()).expect("six nodes")
    }

    pub(super) fn id_of(&self, node: &RedisServer) -> &str {
        let index =
            self.nodes.iter().position(|it| it.port() == node.port()).expect("a node of this cluster");
        &self.ids[index]
    }

    pub(super) fn node(&self, id: &str) -> &RedisServer {
        let index = self.ids.iter().position(|it| it == id).expect("a node of this cluster");
        &self.nodes[index]
    }
}

/// A line of `CLUSTER NODES`.
struct Line {
    id: String,
    primary: String,
    epoch: u64,
    is_myself: bool,
    is_failed: bool,
    has_slots: bool,
}

fn lines(node: &RedisServer) -> Vec<Line> {
    let text = node.ask(&["CLUSTER", "NODES"]).unwrap_or_default().concat();
    let lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let lines = lines.filter(|fields| fields.len() >= 8).map(|fields| Line {
        id: fields[0].to_owned(),
        primary: fields[3].to_owned(),
        epoch: fields[6].parse().expect("an epoch"),
        is_myself: fields[2].contains("myself"),
        is_failed: fields[2].contains("fail") || fields[7] != "connected",
        has_slots: fields.get(8).is_some(),
    });
    lines.collect()
}

fn has_all_slots(node: &RedisServer) -> bool {
    let info = node.ask(&["CLUSTER", "INFO"]).unwrap_or_default().concat();
    info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
}

/// The `nodes.conf` of a node, which makes the cluster complete at its start.
fn view(of: usize, places: &[Place; 6], bus_ports: &[Port; 6]) -> String {
    let lines: [String; 6] = array::from_fn(|index| line(index, index == of, places, bus_ports));
    format!("{}vars currentEpoch 3 lastVoteEpoch 0\n", lines.concat())
}

fn line(index: usize, is_myself: bool, places: &[Place; 6], bus_ports: &[Port; 6]) -> String {
    let (place, bus, shard) = (&places[index], bus_ports[index].number, index % 3);
    let myself = if is_myself { "myself," } else { "" };
    let (role, primary, slots) = match index {
        0..3 => ("master", "-", SLOTS[shard]),
        _ => ("slave", places[shard].id.as_str(), ""),
    };
    let (id, port, epoch) = (&place.id, place.main(), shard + 1);
    format!("{id} 127.0.0.1:{port}@{bus} {myself}{role} {primary} 0 0 {epoch} connected {slots}\n")
}
