//! Readiness, and the checks of `doctor`.

mod server_checks;

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::{RequestTime, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{Check, PortError, PortErrorKind, Severity};
use futures_util::future::join_all;
use redis::Value;
use tokio::time::timeout_at;

use self::server_checks::server_checks;
use crate::address::Transport;
use crate::clock::{ClockSample, MAX_SKEW, skew_text};
use crate::connection::Node;
use crate::error::StoreResult;
use crate::keys;
use crate::scripts::CHECK_RIGHTS;
use crate::slot::SLOTS;
use crate::store::RedisStore;
use crate::tls;
use crate::topology::Destination;

/// The lifetime of the key that readiness writes, in milliseconds.
const READINESS_TTL: u32 = 10_000;
/// How long a server may take to show which protocol it speaks.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

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
        let skew = self.skew(request_time).await?;
        if skew.abs() > MAX_SKEW {
            return Err(PortError::misconfigured(skew_text(skew)));
        }
        Ok(())
    }

    /// Performs what requests perform.
    async fn perform(&self, request_time: RequestTime) -> Result<(), PortError> {
        // After a failover, an old connection may lead to a replica, which receives later revocations late or never. A server
        // that is full, cannot write to its disk or has too few replicas still answers reads, so a write is needed.
        let deadline = request_time.deadline();
        for node in self.connections().primaries(deadline).await? {
            let mut write = redis::cmd("SET");
            write.arg(self.readiness_key(&node)).arg(1).arg("PX").arg(READINESS_TTL);
            let commands = [redis::cmd("TIME"), write.clone(), CHECK_RIGHTS.load()];
            let destination = Destination::Node(&node);
            self.connections().query_all_primary::<Value>(commands, destination, deadline).await?;
            self.connections().check_replicas(&node, write, deadline).await?;
        }
        self.check_rights(request_time).await
    }

    /// Returns the key that readiness writes on a node: in a cluster one that the node has.
    fn readiness_key(&self, node: &Arc<Node>) -> String {
        let view = self.connections().topology.view();
        let has =
            |key: &String| view.node(Destination::Key(key)).is_some_and(|other| Arc::ptr_eq(other, node));
        let keys = (0..SLOTS).map(keys::readiness_on_node);
        let key = self.is_cluster().then(|| keys.into_iter().find(has)).flatten();
        key.unwrap_or_else(|| keys::READINESS.to_owned())
    }

    /// Checks the server's version, role, replicas, eviction, persistence and clock, the protection of the connection, and the
    /// rights of the user.
    ///
    /// # Errors
    /// [`PortError`] if the server cannot be asked.
    pub async fn diagnose(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let (connections, deadline) = (self.connections(), request_time.deadline());
        let info = connections.query(redis::cmd("INFO"), Destination::Any, deadline).await;
        let info: String = match info {
            Ok(info) => info,
            Err(error) => return Err(self.explained(error.into(), request_time).await),
        };
        let mut snapshots = redis::cmd("CONFIG");
        snapshots.arg("GET").arg("save");
        // The user may lack the right to read settings.
        let snapshots: Option<HashMap<String, String>> =
            connections.query(snapshots, Destination::Any, deadline).await.ok();
        let snapshots = snapshots.and_then(|settings| settings.get("save").cloned());
        let skew = self.skew(request_time).await?;
        let mut checks = server_checks(&info, snapshots.as_deref(), self.is_cluster());
        checks.extend([clock(skew), transport(connections.connector().target().transport())]);
        match self.perform(request_time).await {
            Ok(()) => checks.push(Check::ok("this user may do everything that requests do")),
            Err(error) if error.kind() == PortErrorKind::Misconfigured => {
                checks.push(Check::error(error.source().map_or_else(String::new, ToString::to_string)));
            }
            // A check above names the cause.
            Err(_) if checks.iter().any(|check| check.severity == Severity::Error) => {}
            Err(error) => return Err(error),
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

    /// Returns how far the server clock is ahead of ours, in microseconds; of several primaries the largest difference. The round trip of the sample is subtracted, so
    /// that a slow network is not taken for a wrong clock.
    async fn skew(&self, request_time: RequestTime) -> StoreResult<i64> {
        let samples = self.connections().sample_clocks(request_time.deadline()).await?;
        let skews = samples.into_iter().map(|sample| skew(sample, request_time));
        Ok(skews.max_by_key(|skew| skew.abs()).unwrap_or(0))
    }
}

fn skew(sample: ClockSample, request_time: RequestTime) -> i64 {
    let since_start = sample.received.saturating_duration_since(request_time.started());
    let ours = to_unix_microseconds(request_time.now()).saturating_add(to_microseconds(since_start));
    let skew = sample.unix_microseconds.saturating_sub(ours);
    let round_trip = to_microseconds(sample.round_trip());
    skew.signum() * skew.saturating_abs().saturating_sub(round_trip).max(0)
}

fn clock(skew: i64) -> Check {
    if skew.abs() > MAX_SKEW {
        return Check::error(skew_text(skew));
    }
    Check::ok("its clock agrees with ours within 2 s")
}

fn transport(transport: Transport) -> Check {
    match transport {
        Transport::Tls => {
            Check::ok("the connection is encrypted, and the certificate of the server is verified")
        }
        Transport::TlsWithAnyName => Check::warning(
            "the connection is encrypted, but each certificate of a public authority is accepted (sslmode=verify-ca); remove \
             sslmode from REDIS__URL, or set REDIS__CA_FILE",
        ),
        Transport::Local => Check::ok("the connection stays on this machine"),
        Transport::PlainText => Check::warning(
            "tokens are sent to another machine in plain text (REDIS__ALLOW_PLAIN_TEXT); use rediss:// unless the network \
             itself is encrypted",
        ),
    }
}
