//! The checks of the reply to `INFO`.

use std::collections::HashMap;

use auth_domain::ports::Check;

use crate::address::Form;

/// The first version with `GETDEL`.
const MIN_VERSION: (u32, u32) = (6, 2);

/// Checks the settings of a server; `snapshots` is its setting `save`, if the user may read it.
pub(super) fn server_checks(info: &str, snapshots: Option<&str>, form: &Form) -> Vec<Check> {
    let info = Info::parse(info);
    vec![
        version(&info, form.is_cluster()),
        role(&info),
        replicas(&info, form.is_single()),
        eviction(&info),
        persistence(&info, snapshots),
    ]
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

fn version(info: &Info<'_>, is_cluster: bool) -> Check {
    let version = info.get("redis_version");
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if info.get("redis_mode") == "cluster" && !is_cluster {
        return Check::error(
            "Redis runs as a cluster; begin REDIS__URL with redis-cluster:// or rediss-cluster://",
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
fn replicas(info: &Info<'_>, is_single: bool) -> Check {
    match (info.get("connected_slaves"), info.get("min_slaves_good_slaves")) {
        ("" | "0", "") if is_single => Check::ok("it has no replicas"),
        (_, "") => Check::warning(
            "it takes writes without its replicas: a primary that is cut off by a failover keeps accepting logins and \
             logouts, and loses them when it rejoins; set min-replicas-to-write 1 and min-replicas-max-lag 10",
        ),
        (_, "0") => Check::outage(
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
