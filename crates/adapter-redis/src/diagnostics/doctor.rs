//! The checks of `doctor`, and of the start.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, PortError, PortErrorKind, Severity};
use futures_util::future::join_all;
use tokio::time::timeout_at;

use super::by_server::by_server;
use super::connection_checks::{clock, transport};
use super::open_slots::{open_slots, open_slots_check};
use super::replica_checks::replica_checks;
use super::server_checks::server_checks;
use crate::connection::Node;
use crate::error::StoreResult;
use crate::replication::Replication;
use crate::store::RedisStore;
use crate::tls;
use crate::topology::Destination;

/// How long a server may take to show which protocol it speaks.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

impl RedisStore {
    /// Checks the version, role, replicas, eviction, persistence and clock of each primary, the sentinels or the nodes of the
    /// cluster, the protection of connections, and the rights of the user.
    ///
    /// # Errors
    /// [`PortError`] if no server can be asked.
    pub async fn diagnose(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let mut checks = self.form_checks(request_time).await;
        match self.primary_checks(request_time).await {
            Ok(found) => checks.extend(found),
            // A check of the cluster names the cause.
            Err(_) if has_error(&checks) => return Ok(checks),
            Err(error) => return Err(self.explained(error, request_time).await),
        }
        match self.skews(request_time).await {
            Ok(skews) => {
                let clocks =
                    skews.iter().map(|(server, skew)| (server.address().to_string(), vec![clock(*skew)]));
                checks.extend(by_server(&clocks.collect::<Vec<_>>()));
            }
            Err(_) if has_error(&checks) => {}
            Err(error) => return Err(error.into()),
        }
        checks.push(transport(self.connections().connector().target().transport()));
        let performed = if has_error(&checks) {
            // Not the write: replicas that are missing would be waited for until the deadline.
            self.check_rights(request_time).await
        } else {
            self.perform(request_time).await
        };
        match performed {
            Ok(()) => checks.push(Check::ok("this user may do everything that requests do")),
            Err(error) if error.kind() == PortErrorKind::Misconfigured => {
                checks.push(Check::error(error.source().map_or_else(String::new, ToString::to_string)));
            }
            // A check above names the cause.
            Err(_) if has_error(&checks) => {}
            Err(error) => return Err(error),
        }
        Ok(checks)
    }

    /// Checks each primary.
    ///
    /// # Errors
    /// If none answers.
    async fn primary_checks(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let nodes = self.connections().primaries(request_time.deadline()).await?;
        let asked = join_all(nodes.iter().map(|node| self.checks_of(node, request_time))).await;
        let (mut checks, mut errors) = (Vec::new(), Vec::new());
        for (node, outcome) in nodes.iter().zip(asked) {
            match outcome {
                Ok(found) => checks.push((node.server().address().to_string(), found)),
                Err(error) => errors.push((node, PortError::from(error))),
            }
        }
        match errors.first() {
            Some((node, error)) if checks.is_empty() => Err(self.at_server(node.server(), error.clone())),
            _ => {
                let unusable = errors.iter().map(|(node, error)| unusable(node, error));
                Ok(by_server(&checks).into_iter().chain(unusable).collect())
            }
        }
    }

    async fn checks_of(&self, node: &Arc<Node>, request_time: RequestTime) -> StoreResult<Vec<Check>> {
        let (connections, deadline) = (self.connections(), request_time.deadline());
        let info: String = connections.query(redis::cmd("INFO"), Destination::Node(node), deadline).await?;
        let mut snapshots = redis::cmd("CONFIG");
        snapshots.arg("GET").arg("save");
        // The user may lack the right to read settings.
        let snapshots: Option<HashMap<String, String>> =
            connections.query(snapshots, Destination::Node(node), deadline).await.ok();
        let snapshots = snapshots.and_then(|settings| settings.get("save").cloned());
        let target = connections.connector().target();
        let mut checks = server_checks(&info, snapshots.as_deref(), target.form());
        let is_replaceable = !target.form().is_single();
        checks.extend(replica_checks(&Replication::parse(&info), is_replaceable, connections.replicas()));
        if self.is_cluster() {
            let mut nodes = redis::cmd("CLUSTER");
            nodes.arg("NODES");
            // The user may lack the right.
            let nodes: Option<String> =
                connections.query(nodes, Destination::Node(node), deadline).await.ok();
            checks.extend(nodes.and_then(|nodes| open_slots_check(&open_slots(&nodes))));
        }
        Ok(checks)
    }

    /// Replaces an outage by its cause if the server speaks the other protocol (TLS or plain text).
    async fn explained(&self, error: PortError, request_time: RequestTime) -> PortError {
        if error.kind() != PortErrorKind::Unavailable {
            return error;
        }
        let until = request_time.deadline().min(self.clock().instant() + PROBE_TIMEOUT);
        let target = self.connections().connector().target();
        let probes = join_all(target.form().addresses().iter().map(tls::other_protocol));
        let causes = timeout_at(until.into(), probes).await.unwrap_or_default();
        causes.into_iter().flatten().next().unwrap_or(error)
    }
}

fn has_error(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.severity == Severity::Error)
}

fn unusable(node: &Node, error: &PortError) -> Check {
    let reason = error.source().map_or_else(String::new, ToString::to_string);
    let address = node.server().address();
    Check::outage(format!(
        "the primary {address} cannot be used ({reason}); start it, or wait for a failover"
    ))
}
