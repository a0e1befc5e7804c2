//! What an administrator should know about the server.

use std::collections::HashMap;
use std::time::Duration;

use auth_domain::model::{RequestTime, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{Check, PortError, PortErrorKind};
use redis::Pipeline;
use tokio::time::timeout_at;

use crate::address::Transport;
use crate::error::StepError;
use crate::keys;
use crate::reply;
use crate::server_clock::{MAX_SKEW, describe};
use crate::store::{RedisStore, is_primary};
use crate::tls;

/// The first version that has all that is used: `GETDEL`.
const OLDEST: (u32, u32) = (6, 2);

/// The lifetime of the key that readiness writes, in milliseconds.
const READINESS_TTL: u32 = 10_000;
/// How long a server may take to show which protocol it speaks.
const PROBE_TIMEOUT: Duration = Duration::from_millis(500);

impl RedisStore {
    /// Asks for a sign of life, and whether the server's clock agrees with ours.
    ///
    /// # Errors
    /// [`PortError`]: out of reach, a replica, or the clocks are more than two seconds apart.
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        // After a failover, an old connection may lead to a replica, which receives later revocations late or never. A server
        // that is full, cannot write to its disk or has too few replicas still answers reads, so a write is needed.
        let mut signs = Pipeline::with_capacity(2);
        signs.cmd("ROLE").cmd("SET").arg(keys::READINESS).arg(1).arg("PX").arg(READINESS_TTL);
        let [role, written] = self.replies(&signs, request_time).await?;
        if !is_primary(&reply::success(role)?) {
            self.give_up_all();
            return Err(PortError::misconfigured("Redis is a replica and takes no writes"));
        }
        reply::success(written)?;
        let skew = self.skew(request_time).await?;
        if skew.abs() > MAX_SKEW {
            return Err(PortError::misconfigured(describe(skew)));
        }
        Ok(())
    }

    /// Examines the server: version, role, eviction, persistence, clock, and the way to it.
    ///
    /// # Errors
    /// [`PortError`] where it cannot be asked.
    pub async fn diagnose(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        let info: String = match self.ask(&redis::cmd("INFO"), request_time).await {
            Ok(info) => info,
            Err(error) => return Err(self.explained(error.into(), request_time).await),
        };
        let info = Info::parse(&info);
        let mut snapshots = redis::cmd("CONFIG");
        snapshots.arg("GET").arg("save");
        // The user may not be allowed to ask.
        let snapshots: Option<HashMap<String, String>> = self.ask(&snapshots, request_time).await.ok();
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

    /// Checks whether a server that could not be asked speaks the other protocol (TLS or plain text).
    async fn explained(&self, error: PortError, request_time: RequestTime) -> PortError {
        if error.kind() != PortErrorKind::Unavailable {
            return error;
        }
        let until = request_time.deadline().min(self.clock().instant() + PROBE_TIMEOUT);
        let fault = timeout_at(until.into(), tls::other_protocol(self.address())).await;
        fault.ok().flatten().unwrap_or(error)
    }

    /// How far the server's clock is ahead of ours, in microseconds; less what the question took.
    async fn skew(&self, request_time: RequestTime) -> Result<i64, StepError> {
        let reading = self.server_clock(request_time).await?;
        let since_start = reading.received.saturating_duration_since(request_time.started());
        let ours = to_unix_microseconds(request_time.now()).saturating_add(to_microseconds(since_start));
        let (skew, took) = (reading.micros.saturating_sub(ours), to_microseconds(reading.took()));
        Ok(skew.signum() * skew.saturating_abs().saturating_sub(took).max(0))
    }
}

/// The answer to `INFO`.
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
    if found < OLDEST {
        return Check::error(format!("Redis {version} is too old: 6.2 is the first version with GETDEL"));
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
/// lost when it returns.
fn replicas(info: &Info<'_>) -> Check {
    match (info.get("connected_slaves"), info.get("min_slaves_good_slaves")) {
        ("" | "0", "") => Check::ok("it has no replicas"),
        (_, "") => Check::warning(
            "it has replicas and takes writes without them: a primary that is cut off by a failover goes on accepting logins \
             and logouts, and forgets them when it returns; set min-replicas-to-write 1 and min-replicas-max-lag 10",
        ),
        (_, "0") => Check::error(
            "too few of its replicas are connected, so that it takes no writes (min-replicas-to-write); see that they run, \
             or that this is the primary",
        ),
        _ => Check::ok("it takes writes only while replicas are connected (min-replicas-to-write)"),
    }
}

/// Evicting a denylist entry would bring a revoked token back to life.
fn eviction(info: &Info<'_>) -> Check {
    match (info.get("maxmemory_policy"), info.get("maxmemory")) {
        ("noeviction", _) => Check::ok("it never evicts keys (maxmemory-policy noeviction)"),
        (policy, "0") => Check::warning(format!(
            "maxmemory-policy is {policy}: once maxmemory is set, revoked tokens may come back to life; set it to \
             noeviction"
        )),
        (policy, _) => Check::error(format!(
            "maxmemory-policy is {policy}: under memory pressure, revoked tokens come back to life and users are \
             logged out; set it to noeviction"
        )),
    }
}

fn persistence(info: &Info<'_>, snapshots: Option<&str>) -> Check {
    match (info.get("aof_enabled"), snapshots) {
        ("1", _) => Check::ok("it keeps an append-only file"),
        (_, Some("")) => Check::warning(
            "it keeps nothing on disk: its restart logs everyone out, and forgets which tokens are revoked; set \
             appendonly yes",
        ),
        (_, Some(_)) => Check::warning(
            "it keeps snapshots only: a crash forgets the minutes since the last one, revoked tokens included; set \
             appendonly yes",
        ),
        (_, None) => Check::warning(
            "it keeps no append-only file, and this user may not ask for snapshots (CONFIG GET save): a crash may \
             forget which tokens are revoked; set appendonly yes",
        ),
    }
}

fn clock(skew: i64) -> Check {
    if skew.abs() > MAX_SKEW {
        return Check::error(describe(skew));
    }
    Check::ok("its clock agrees with ours within 2 s")
}

fn transport(transport: Transport) -> Check {
    match transport {
        Transport::Tls => Check::ok("the connection is encrypted and the server's certificate verified"),
        Transport::Local => Check::ok("the connection does not leave this machine"),
        Transport::PlainText => Check::warning(
            "tokens go to another machine in clear text (REDIS__ALLOW_PLAIN_TEXT); use rediss:// unless the network \
             itself is encrypted",
        ),
    }
}
