//! The targets of our own log lines. A misspelt one would log nothing.

use crate::config::{ENVIRONMENT_PREFIX, LogSettings};

/// The beginnings of the targets: the names of the crates.
const TARGETS: [&str; 11] = [
    "auth_adapter_argon2",
    "auth_adapter_jwt",
    "auth_adapter_postgres",
    "auth_adapter_redis",
    "auth_adapter_sqlite",
    "auth_batching",
    "auth_domain",
    "auth_store_connection",
    "auth_strict_json",
    "auth_verifier",
    "hooksentry_auth",
];

/// Returns the problem of a target that looks like one of ours and is none.
pub(super) fn problem(settings: &LogSettings) -> Option<String> {
    let unknown = settings.targets().find(|target| is_ours(target) && !is_known(target))?;
    Some(format!(
        "{ENVIRONMENT_PREFIX}LOG__FILTER: no log line has the target {unknown:?}; write one of {}",
        TARGETS.join(", ")
    ))
}

fn is_ours(target: &str) -> bool {
    ["auth_", "hooksentry"].iter().any(|beginning| target.starts_with(beginning))
}

/// The filter compares the beginnings of targets.
fn is_known(target: &str) -> bool {
    match target.split_once("::") {
        Some((first, _)) => TARGETS.contains(&first),
        None => TARGETS.iter().any(|known| known.starts_with(target)),
    }
}
