//! Readiness, and the checks of `doctor`.

use std::collections::HashMap;
use std::time::Duration;

use auth_domain::model::{RequestTime, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{Check, PortError, PortErrorKind};
use redis::Pipeline;
use tokio::time::timeout_at;

use crate::address::Transport;
use crate::clock::{MAX_SKEW, skew_text};
use crate::error::StoreResult;
use crate::keys;
use crate::query::{is_primary, success};
use crate::store::RedisStore;
use crate::tls;

/// The first version with `GETDEL`.
const MIN_VERSION: (u32, u32) = (6, 2);

/// The lifetime of the key that readiness writes, in milliseconds.
const READINESS_TTL: u32 = 10_000;
/// How long a server may take to show which protocol it speaks.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

impl RedisStore {
    /// Checks that the server accepts writes and that its clock agrees with ours.
    ///
    /// # Errors
    /// [`PortError`] if the server is unreachable or a replica, if it rejects a write, or if the clocks are more than two
    /// seconds apart.
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        // After a failover, an old connection may lead to a replica, which receives later revocations late or never. A server
        // that is full, cannot write to its disk or has too few replicas still answers reads, so a write is needed.
        let mut commands = Pipeline::with_capacity(2);
        commands.cmd("ROLE").cmd("SET").arg(keys::READINESS).arg(1).arg("PX").arg(READINESS_TTL);
        let [role, written] = self.replies(&commands, request_time).await?;
        if !is_primary(&success(role)?) {
            self.connections().discard_all();
            return Err(PortError::misconfigured("Redis is a replica and takes no writes"));
        }
        success(written)?;
        let skew = self.skew(request_time).await?;
        if skew.abs() > MAX_SKEW {
            return Err(PortError::misconfigured(skew_text(skew)));
        }
        Ok(())
    }

    /// Checks the server's version, role, replicas, eviction, persistence and clock, and the protection of the connection.
    ///
    /// # Errors
    /// [`PortError`] if the server cannot be asked.
    pub async fn diagnose(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let info: String = match self.query(&redis::cmd("INFO"), request_time).await {
            Ok(info) => info,
            Err(error) => return Err(self.explained(error.into(), request_time).await),
        };
        let info = Info::parse(&info);
        let mut snapshots = redis::cmd("CONFIG");
        snapshots.arg("GET").arg("save");
        // The user may lack the right to read settings.
        let snapshots: Option<HashMap<String, String>> = self.query(&snapshots, request_time).await.ok();
        let snapshots = snapshots.and_then(|settings| settings.get("save").cloned());
        let skew = self.skew(request_time).await?;
        Ok(vec![
            version(&info),
            role(&info),
            replicas(&info),
            eviction(&info),
            persistence(&info, snapshots.as_deref()),
            clock(skew),
            transport(self.transport()),
        ])
    }

    /// Replaces an outage by its cause if the server speaks the other protocol (TLS or plain text).
    async fn explained(&self, error: PortError, request_time: RequestTime) -> PortError {
        if error.kind() != PortErrorKind::Unavailable {
            return error;
        }
        let until = request_time.deadline().min(self.clock().instant() + PROBE_TIMEOUT);
        let probe = tls::other_protocol(self.connections().connector.address());
        timeout_at(until.into(), probe).await.ok().flatten().unwrap_or(error)
    }

    /// Returns how far the server clock is ahead of ours, in microseconds. The round trip of the sample is subtracted, so
    /// that a slow network is not taken for a wrong clock.
    async fn skew(&self, request_time: RequestTime) -> StoreResult<i64> {
        let sample = self.sample_clock(request_time).await?;
        let since_start = sample.received.saturating_duration_since(request_time.started());
        let ours = to_unix_microseconds(request_time.now()).saturating_add(to_microseconds(since_start));
        let skew = sample.unix_microseconds.saturating_sub(ours);
        let round_trip = to_microseconds(sample.round_trip());
        Ok(skew.signum() * skew.saturating_abs().saturating_sub(round_trip).max(0))
    }
}

/// The reply to `INFO`.
struct Info<'a>(HashMap<&'a str, &'a str>);

impl<'a> Info<'a> {
    fn parse(text: &'a str) -> Self {
        Self(text.lines().filter_map(|line| line.trim_end().split_once(':')).collect())
    }

    fn get(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or_default()
    }
}

fn version(info: &Info<'_>) -> Check {
    let version = info.get("redis_version");
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if info.get("redis_mode") == "cluster" {
        return Check::error(
            "Redis runs as a cluster, which this version does not support; use a single server",
        );
    }
    if found < MIN_VERSION {
        return Check::error(format!("Redis {version} is too old; use 6.2 or newer"));
    }
    Check::ok(format!("Redis {version} answers"))
}

fn role(info: &Info<'_>) -> Check {
    match info.get("role") {
        "master" => Check::ok("it is the primary"),
        _ => Check::error("it is a replica and takes no writes; name the primary in REDIS__URL"),
    }
}

/// Without these settings, a former primary that a failover has cut off from its replicas keeps accepting writes, which are
/// lost when it rejoins.
fn replicas(info: &Info<'_>) -> Check {
    match (info.get("connected_slaves"), info.get("min_slaves_good_slaves")) {
        ("" | "0", "") => Check::ok("it has no replicas"),
        (_, "") => Check::warning(
            "it takes writes without its replicas: a primary that is cut off by a failover keeps accepting logins and \
             logouts, and loses them when it rejoins; set min-replicas-to-write 1 and min-replicas-max-lag 10",
        ),
        (_, "0") => Check::error(
            "it takes no writes because too few of its replicas are connected (min-replicas-to-write); check that they run, \
             and that this is the primary",
        ),
        _ => Check::ok("it takes writes only while replicas are connected (min-replicas-to-write)"),
    }
}

/// An evicted denylist entry makes a revoked token valid again.
fn eviction(info: &Info<'_>) -> Check {
    match (info.get("maxmemory_policy"), info.get("maxmemory")) {
        ("noeviction", _) => Check::ok("it never evicts keys (maxmemory-policy noeviction)"),
        (policy, "0") => Check::warning(format!(
            "maxmemory-policy is {policy}: once maxmemory is set, revoked tokens may become valid again; set it \
             to noeviction"
        )),
        (policy, _) => Check::error(format!(
            "maxmemory-policy is {policy}: under memory pressure, revoked tokens become valid again and users are \
             logged out; set it to noeviction"
        )),
    }
}

fn persistence(info: &Info<'_>, snapshots: Option<&str>) -> Check {
    match (info.get("aof_enabled"), snapshots) {
        ("1", _) => Check::ok("it keeps an append-only file"),
        (_, Some("")) => Check::warning(
            "it keeps nothing on disk: a restart logs all users out and makes revoked tokens valid again; set appendonly \
             yes",
        ),
        (_, Some(_)) => Check::warning(
            "it keeps snapshots only: a crash loses everything since the last one, revocations included; set appendonly \
             yes",
        ),
        (_, None) => Check::warning(
            "it keeps no append-only file, and this user lacks the right to read the snapshot settings (CONFIG GET save): a \
             crash may lose revocations; set appendonly yes",
        ),
    }
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
        Transport::Local => Check::ok("the connection stays on this machine"),
        Transport::PlainText => Check::warning(
            "tokens are sent to another machine in plain text (REDIS__ALLOW_PLAIN_TEXT); use rediss:// unless the network \
             itself is encrypted",
        ),
    }
}
