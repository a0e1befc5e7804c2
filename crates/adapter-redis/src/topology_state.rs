//! The primaries and sentinels, for diagnostics and metrics.

use std::sync::Arc;

use auth_domain::model::UserId;
use auth_domain::ports::PortError;
use redis::ConnectionAddr;
use time::{Duration, OffsetDateTime};

use crate::keys;
use crate::replication::Replication;
use crate::store::RedisStore;
use crate::topology::{Destination, Topology};

/// How long clients may present tokens of rotations that a failover has lost. A client in use presents its token when its access
/// token expires, after 15 minutes by default. Later, reuse is more likely to be theft, which must not pass as the consequence of an
/// old failover.
const CONSEQUENCES: Duration = Duration::hours(1);

/// The servers, as this process knows them.
#[derive(Clone, Debug)]
pub struct TopologyState {
    /// The primaries, as host and port.
    pub primaries: Vec<PrimaryState>,
    /// The number of slots of a cluster that have no primary.
    pub uncovered_slots: usize,
    /// What each sentinel answered last.
    pub sentinels: Vec<SentinelState>,
}

/// A primary.
#[derive(Clone, Debug)]
pub struct PrimaryState {
    /// Host and port.
    pub address: String,
    /// When this process noticed that it replaced another primary.
    pub promoted_at: Option<OffsetDateTime>,
    /// Its replicas at the last check, if it answered.
    pub replication: Option<Arc<Replication>>,
}

/// A sentinel of the URL.
#[derive(Clone, Debug)]
pub struct SentinelState {
    /// Host and port.
    pub address: String,
    /// The host and port of the primary that it names, and the epoch of its configuration.
    pub view: Result<(String, u64), PortError>,
}

impl RedisStore {
    /// Returns the primaries and sentinels. It asks no server.
    #[must_use]
    pub fn topology(&self) -> TopologyState {
        let topology = &self.connections().topology;
        let (view, target) = (topology.view(), topology.connector.target());
        let primaries = view.nodes().iter().map(|node| PrimaryState {
            address: node.server().address().to_string(),
            promoted_at: node.server().promoted_at(),
            replication: node.server().replication(),
        });
        let sentinels = target.form().sentinels().iter().map(|address| sentinel(topology, address));
        let (primaries, sentinels) = (primaries.collect(), sentinels.collect());
        TopologyState { primaries, uncovered_slots: view.uncovered_slots(), sentinels }
    }

    /// Returns when this process noticed that the primary of a user's sessions replaced another one, if that was within the last
    /// hour. Redis may have lost what was written shortly before.
    #[must_use]
    pub fn primary_replaced_at(&self, user: UserId) -> Option<OffsetDateTime> {
        let topology = &self.connections().topology;
        let promoted_at = topology.node(Destination::Key(&keys::sessions(user)))?.server().promoted_at()?;
        (topology.clock.now() - promoted_at < CONSEQUENCES).then_some(promoted_at)
    }
}

/// Returns what a sentinel answered last. One that does not answer in time is missing in the answers.
fn sentinel(topology: &Topology, address: &ConnectionAddr) -> SentinelState {
    let answers = topology.answers();
    let answer = answers.iter().find(|(other, _)| other == address);
    let silent = || Err(PortError::unavailable("no answer in time"));
    let view = answer.map_or_else(silent, |(_, answer)| {
        answer.as_ref().map(|view| (view.primary(), view.epoch)).map_err(Clone::clone)
    });
    SentinelState { address: address.to_string(), view }
}
