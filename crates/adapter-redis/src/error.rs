//! Translation of errors: the driver's into the ports'.

use auth_domain::ports::PortError;
use deadpool_redis::PoolError;
use redis::{ErrorKind, RedisError, ServerErrorKind};
use thiserror::Error;

use crate::tls;

/// Replies by which a server says that it cannot serve at the moment: busy with a script, out of memory, unable to write
/// its disk, without its replicas, still loading, cut off from its primary, or part of a cluster that is down.
const TEMPORARY: [&str; 7] = ["BUSY", "OOM", "MISCONF", "NOREPLICAS", "LOADING", "MASTERDOWN", "CLUSTERDOWN"];

/// The message for a user or password that Redis rejects. The driver's own text names no setting.
const AUTHENTICATION_FAILED: &str = "REDIS__URL: Redis rejects the user or the password; correct them, and percent-encode special \
                                     characters";

/// Why a step has no reply, and what is known of it.
#[derive(Debug, Error)]
pub(crate) enum StepError {
    /// It was not sent, or the server rejected it: nothing was done.
    #[error(transparent)]
    NotDone(PortError),
    /// The server takes no writes, as one does that was the primary before a failover: nothing was done, and this
    /// connection leads to the wrong place.
    #[error(transparent)]
    WrongServer(PortError),
    /// It was sent and not answered: nobody knows.
    #[error(transparent)]
    Unknown(PortError),
}

impl StepError {
    /// Nothing was begun, since the caller's time is over.
    pub(crate) fn too_late() -> Self {
        Self::NotDone(PortError::unavailable("the deadline has passed"))
    }

    /// Sent, but the time is over.
    pub(crate) fn unanswered() -> Self {
        Self::Unknown(PortError::unavailable("Redis did not answer in time"))
    }

    /// What goes wrong before a step is sent leaves no doubt about it.
    pub(crate) fn nothing_sent(self) -> Self {
        Self::NotDone(self.into())
    }
}

impl From<StepError> for PortError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::NotDone(error) | StepError::WrongServer(error) | StepError::Unknown(error) => error,
        }
    }
}

/// What a reply of an unexpected shape comes to.
pub(crate) fn contradiction(what: &'static str) -> PortError {
    PortError::corrupt(format!("a reply of Redis contradicts itself: {what}"))
}

/// An error in answer to a command that was sent.
pub(crate) fn answered(error: RedisError) -> StepError {
    match error.kind() {
        ErrorKind::Io | ErrorKind::Client => StepError::Unknown(rejected(error)),
        ErrorKind::Parse => StepError::Unknown(PortError::corrupt(error)),
        ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown) => {
            StepError::WrongServer(rejected(error))
        }
        ErrorKind::Server(_) if says(&error, "READONLY") => {
            StepError::WrongServer(PortError::unavailable(error))
        }
        _ => StepError::NotDone(rejected(error)),
    }
}

/// Tells whether an error has this code. Before Redis 7, one that a script meets has the code of the script's own
/// failure, and the other within its text.
fn says(error: &RedisError, code: &str) -> bool {
    let within = || error.detail().is_some_and(|detail| detail.contains(&format!("-{code} ")));
    error.code() == Some(code) || within()
}

/// An error on the way to a connection.
pub(crate) fn unconnected(error: PoolError) -> StepError {
    StepError::NotDone(match error {
        PoolError::Backend(error) => rejected(error),
        other => PortError::unavailable(other),
    })
}

/// What the server says no to.
pub(crate) fn rejected(error: RedisError) -> PortError {
    let is_temporary = TEMPORARY.into_iter().any(|code| says(&error, code));
    match error.kind() {
        ErrorKind::Server(kind) => match kind {
            ServerErrorKind::BusyLoading
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ReadOnly => PortError::unavailable(error),
            // The latter two are of a cluster, whose other members would have to be asked.
            ServerErrorKind::NoPerm | ServerErrorKind::Moved | ServerErrorKind::Ask => {
                PortError::misconfigured(error)
            }
            _ if is_temporary => PortError::unavailable(error),
            _ if says(&error, "NOPERM") => PortError::misconfigured(error),
            _ => PortError::corrupt(error),
        },
        ErrorKind::AuthenticationFailed => PortError::misconfigured(AUTHENTICATION_FAILED),
        ErrorKind::InvalidClientConfig => PortError::misconfigured(error),
        ErrorKind::Io | ErrorKind::Client => {
            tls::misconfiguration(&error).unwrap_or_else(|| PortError::unavailable(error))
        }
        ErrorKind::Extension => match error.code() {
            Some("NOAUTH" | "WRONGPASS") => PortError::misconfigured(AUTHENTICATION_FAILED),
            Some("NOPERM") => PortError::misconfigured(error),
            _ if is_temporary => PortError::unavailable(error),
            _ => PortError::corrupt(error),
        },
        _ => PortError::corrupt(error),
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::PortErrorKind;

    use super::*;

    fn within_a_script(text: &str) -> RedisError {
        let detail = format!("Error running script (call to f_0): @user_script:7: -{text}");
        RedisError::from((
            ErrorKind::Server(ServerErrorKind::ResponseError),
            "An error was signalled",
            detail,
        ))
    }

    #[test]
    fn what_a_script_of_an_older_server_meets_is_told_apart() {
        let full = answered(within_a_script("OOM command not allowed when used memory > 'maxmemory'."));
        assert!(matches!(full, StepError::NotDone(error) if error.kind() == PortErrorKind::Unavailable));
        let replica = answered(within_a_script("READONLY You can't write against a read only replica."));
        assert!(matches!(replica, StepError::WrongServer(_)));
        let defect = answered(within_a_script("WRONGTYPE Operation against a key"));
        assert!(matches!(defect, StepError::NotDone(error) if error.kind() == PortErrorKind::Corrupt));
    }

    #[test]
    fn rejected_password_names_the_setting() {
        for error in [
            RedisError::from((ErrorKind::AuthenticationFailed, "Password authentication failed")),
            redis::make_extension_error("NOAUTH".to_owned(), None),
        ] {
            let text = format!("{:?}", rejected(error));
            assert!(text.contains("REDIS__URL"), "{text}");
        }
    }
}
