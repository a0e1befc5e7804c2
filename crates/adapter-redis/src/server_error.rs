//! The errors that Redis answers with: which of them pass, and which an administrator has to correct.

use std::error::Error;

use auth_domain::ports::PortError;
use redis::RedisError;

#[cfg(test)]
mod tests;

/// The server cannot serve at the moment: busy with a script, out of memory, unable to write its disk, without its replicas,
/// loading, cut off from its primary, a replica, or part of a cluster that is down; or the scripts were lost again and again.
const TEMPORARY: [&str; 12] = [
    "BUSY",
    "CLUSTERDOWN",
    "EXECABORT",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "NOREPLICAS",
    "NOSCRIPT",
    "OOM",
    "READONLY",
    "TRYAGAIN",
    "UNKILLABLE",
];
const TOO_MANY_CLIENTS: &str = "max number of clients reached";
/// A script needs a key of a slot that moves to another node of the cluster at the moment, or the cluster is down.
const SLOT_MOVES: &str = "access a non local key in a cluster node";
const CLUSTER_DOWN: &str = "while the cluster is down";
/// The server must not be used by anyone in this way: a missing right, the protected mode, a cluster.
const MISCONFIGURED: [&str; 5] = ["ASK", "CROSSSLOT", "DENIED", "MOVED", "NOPERM"];
/// The same, without a code: a missing right within a script (before Redis 7.2), a command that was renamed, or a database that
/// the user may not select or that does not exist.
const MISCONFIGURED_TEXTS: [&str; 5] = [
    "The user executing the script can't",
    "unknown command",
    "Unknown Redis command",
    "refused to switch database",
    "cluster support disabled",
];
const CREDENTIALS: [&str; 2] = ["NOAUTH", "WRONGPASS"];
/// What follows has keys and values of the call.
const ARGUMENTS: &str = ", with args beginning with";

/// The driver's own text names no setting.
pub(crate) const AUTHENTICATION_FAILED: &str =
    "REDIS__URL: Redis rejects the user or the password; correct them, and percent-encode special characters";

/// Commands that another kind of server does not know, and what to write for it.
const OTHER_SERVERS: [(&str, &str); 2] = [
    (
        "script",
        "if this is a sentinel, write redis-sentinel://HOST/NAME with the name of the primary in REDIS__URL",
    ),
    (
        "sentinel",
        "the hosts of redis-sentinel:// are sentinels; if this is a Redis server, write redis://HOST in REDIS__URL",
    ),
];

/// Translates an error of the server.
pub(crate) fn server_error(error: RedisError) -> PortError {
    let text = error.to_string();
    let has_one_of = |codes: &[&str]| codes.iter().any(|code| has_code(&error, code));
    if has_one_of(&CREDENTIALS) {
        PortError::misconfigured(AUTHENTICATION_FAILED)
    } else if has_one_of(&MISCONFIGURED) || MISCONFIGURED_TEXTS.iter().any(|part| text.contains(part)) {
        PortError::misconfigured(explained(text.split(ARGUMENTS).next().unwrap_or_default()))
    } else if has_one_of(&TEMPORARY)
        || [TOO_MANY_CLIENTS, SLOT_MOVES, CLUSTER_DOWN].iter().any(|part| text.contains(part))
    {
        PortError::unavailable(error)
    } else {
        PortError::corrupt(error)
    }
}

/// Adds what to do if the server is of another kind than the URL says.
fn explained(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let is_unknown = |command: &str| {
        ['\'', '`'].iter().any(|quote| lower.ends_with(&format!("unknown command {quote}{command}{quote}")))
    };
    let advice = OTHER_SERVERS.iter().find(|(command, _)| is_unknown(command));
    advice.map_or_else(|| text.to_owned(), |(_, advice)| format!("{text}; {advice}"))
}

/// Returns whether the server rejects the credentials of a new connection.
pub(crate) fn is_authentication(error: &PortError) -> bool {
    error.source().is_some_and(|source| source.to_string() == AUTHENTICATION_FAILED)
}

/// Returns whether the keys of a command move to another node at the moment, so that it can be sent again in a moment.
pub(crate) fn is_transient(error: &RedisError) -> bool {
    has_code(error, "TRYAGAIN") || error.to_string().contains(SLOT_MOVES)
}

/// Returns whether another node of the cluster has the key, or will have it in a moment.
pub(crate) fn is_redirection(error: &RedisError) -> bool {
    is_transient(error) || error.redirect_node().is_some()
}

/// Returns whether the server takes no writes because it is no primary.
pub(crate) fn is_of_replica(error: &RedisError) -> bool {
    has_code(error, "READONLY") || has_code(error, "MASTERDOWN")
}

/// Makes an error of its text, as a script reads it: before Redis 7 with a hyphen at the front.
pub(crate) fn from_text(text: &str) -> RedisError {
    let text = text.trim_start_matches('-');
    let (code, detail) = text.split_once(' ').unwrap_or((text, ""));
    redis::make_extension_error(code.to_owned(), Some(detail.to_owned()))
}

/// Returns whether an error has this code. Before Redis 7, an error within a script has the script's own code, and the
/// original code in its text.
fn has_code(error: &RedisError, code: &str) -> bool {
    let in_text = || error.detail().is_some_and(|detail| detail.contains(&format!("-{code} ")));
    error.code() == Some(code) || in_text()
}
