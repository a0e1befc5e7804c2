//! Readiness, and the checks of `doctor`.

mod by_server;
mod cluster_checks;
mod connection_checks;
mod doctor;
mod form_checks;
mod open_slots;
mod replica_checks;
mod sentinel_checks;
mod server_checks;

use std::sync::Arc;

use auth_domain::model::{RequestTime, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{PortError, PortErrorKind};
use futures_util::future::join_all;

use crate::clock::{ClockSample, MAX_SKEW, skew_text};
use crate::connection::{Node, Server};
use crate::error::{StoreError, StoreResult};
use crate::query::after_role;
use crate::replication::Replication;
use crate::replies::{exactly, read, success};
use crate::scripts::CHECK_RIGHTS;
use crate::store::RedisStore;
use crate::topology::Destination;

/// The lifetime of the key that readiness writes, in milliseconds.
const READINESS_TTL: u32 = 10_000;
/// How many keys readiness tries to write on a node. Each is in another slot, and few slots move at the same time.
const MAX_READINESS_KEYS: usize = 5;

impl RedisStore {
    /// Opens a connection to each primary if none is open.
    ///
    /// # Errors
    /// [`PortError`] if the server is unreachable, or rejects the credentials or certificates.
    pub async fn connect(&self, request_time: RequestTime) -> Result<(), PortError> {
        let deadline = request_time.deadline();
        for node in self.connections().primaries(deadline).await? {
            self.connections().ensure_open(Destination::Node(&node), deadline).await?;
        }
        Ok(())
    }

    /// Checks that the server does what requests need, and that its clock agrees with ours.
    ///
    /// # Errors
    /// [`PortError`] if the server is unreachable or a replica, if it rejects a write, if the user lacks a right, or if the clocks
    /// are more than two seconds apart.
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        self.perform(request_time).await?;
        let skews = self.skews(request_time).await?;
        match skews.iter().max_by_key(|(_, skew)| skew.abs()) {
            Some((server, skew)) if skew.abs() > MAX_SKEW => {
                Err(self.at_server(server, PortError::misconfigured(skew_text(*skew))))
            }
            _ => Ok(()),
        }
    }

    /// Performs what requests perform, on each primary at the same time.
    async fn perform(&self, request_time: RequestTime) -> Result<(), PortError> {
        let nodes = self.connections().primaries(request_time.deadline()).await?;
        let written = join_all(nodes.iter().map(|node| self.write_on(node, request_time))).await;
        for (node, outcome) in nodes.iter().zip(written) {
            outcome.map_err(|error| self.at_server(node.server(), error.into()))?;
        }
        self.check_rights(request_time).await
    }

    /// Writes on a primary, and notes its replicas, if the user may ask for them.
    ///
    /// After a failover, an old connection may lead to a replica, which receives later revocations late or never. A server that is
    /// full, cannot write to its disk or has too few replicas still answers reads, so a write is needed.
    ///
    /// A node of a cluster cannot write a key whose slot moves to another node. Then another key shows whether it writes.
    async fn write_on(&self, node: &Arc<Node>, request_time: RequestTime) -> StoreResult<()> {
        let mut attempts = 1..MAX_READINESS_KEYS;
        let mut key = self.connections().key_on(node.server(), 0);
        loop {
            let error = match self.write_key_on(node, &key, request_time).await {
                Err(error) if self.is_cluster() && is_of_moving_slot(&error) => error,
                outcome => return outcome,
            };
            let Some(attempt) = attempts.next() else { return Err(error) };
            let topology = &self.connections().topology;
            topology.refresh(request_time.deadline()).await?;
            if !topology.view().nodes().iter().any(|other| Arc::ptr_eq(other, node)) {
                // All its slots have moved.
                return Ok(());
            }
            key = self.connections().key_on(node.server(), attempt);
        }
    }

    async fn write_key_on(&self, node: &Arc<Node>, key: &str, request_time: RequestTime) -> StoreResult<()> {
        let mut write = redis::cmd("SET");
        write.arg(key).arg(1).arg("PX").arg(READINESS_TTL);
        let mut info = redis::cmd("INFO");
        info.arg("replication");
        let commands = after_role([redis::cmd("TIME"), write.clone(), CHECK_RIGHTS.load(), info]);
        let (connections, deadline) = (self.connections(), request_time.deadline());
        node.server().note_replication(None);
        let (_, replies) = connections.primary_replies(&commands, Destination::Node(node), deadline).await?;
        let [time, written, loaded, info] = exactly(replies)?;
        let info: Option<String> = success(info).and_then(read).ok();
        node.server().note_replication(info.map(|info| Replication::parse(&info)));
        for reply in [time, written, loaded] {
            success(reply)?;
        }
        connections.check_replicas(node, write, deadline).await
    }

    /// Names the server of an error, unless there is one server only.
    fn at_server(&self, server: &Server, error: PortError) -> PortError {
        let form = self.connections().connector().target();
        if form.form().is_single() { error } else { error.at(&server.address().to_string()) }
    }

    /// Returns how far the clock of each primary is ahead of ours, in microseconds. The round trip of the sample is subtracted, so
    /// that a slow network is not taken for a wrong clock.
    async fn skews(&self, request_time: RequestTime) -> StoreResult<Vec<(Arc<Server>, i64)>> {
        let samples = self.connections().sample_clocks(request_time.deadline()).await?;
        Ok(samples.into_iter().map(|(server, sample)| (server, skew(sample, request_time))).collect())
    }
}

/// Returns whether a write may have been redirected. Redirections that are not followed are misconfigurations.
fn is_of_moving_slot(error: &StoreError) -> bool {
    match error {
        StoreError::NotExecuted(error) | StoreError::Unconfirmed(error) => {
            error.kind() == PortErrorKind::Misconfigured
        }
        _ => false,
    }
}

fn skew(sample: ClockSample, request_time: RequestTime) -> i64 {
    let since_start = sample.received.saturating_duration_since(request_time.started());
    let ours = to_unix_microseconds(request_time.now()).saturating_add(to_microseconds(since_start));
    let skew = sample.unix_microseconds.saturating_sub(ours);
    let round_trip = to_microseconds(sample.round_trip());
    skew.signum() * skew.saturating_abs().saturating_sub(round_trip).max(0)
}
