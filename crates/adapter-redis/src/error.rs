//! Errors of the configuration, and of calls to Redis.

use auth_domain::ports::PortError;
use auth_store_connection::{TlsError, UrlError};
use deadpool_redis::PoolError;
use redis::{ErrorKind, RedisError, ServerErrorKind};
use thiserror::Error;

use crate::tls;

/// Error codes of a server that cannot serve at the moment: busy with a script, out of memory, unable to write its disk,
/// without its replicas, still loading, cut off from its primary, or part of a cluster that is down.
const TEMPORARY: [&str; 7] = ["BUSY", "OOM", "MISCONF", "NOREPLICAS", "LOADING", "MASTERDOWN", "CLUSTERDOWN"];

/// The driver's own text names no setting.
const AUTHENTICATION_FAILED: &str = "REDIS__URL: Redis rejects the user or the password; correct them, and percent-encode special \
                                     characters";

/// A setting that cannot be used. Each text begins with the setting and never contains the URL.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A part of the URL cannot be used.
    #[error("REDIS__URL: {0}")]
    InvalidUrl(#[from] UrlError),
    /// The driver rejects the settings.
    #[error("REDIS__URL: cannot set up connections: {0}")]
    Rejected(RedisError),
    /// The server is on another machine, and the URL asks for no TLS.
    #[error(
        "REDIS__URL: tokens would be sent in plain text to another machine; write rediss://, or set \
         REDIS__ALLOW_PLAIN_TEXT=on"
    )]
    PlainText,
    /// The URL switches off the verification of certificates.
    #[error("REDIS__URL: #insecure switches off the verification of certificates; remove it")]
    Unverified,
    /// The host cannot be the name of a certificate.
    #[error("REDIS__URL: the host is no valid host name; write a name without underscores, or an address")]
    HostName,
    /// A file has no effect without TLS.
    #[error("{0}: it is used with rediss:// only; correct REDIS__URL, or remove this setting")]
    NeedsTls(&'static str),
    /// A file for TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

pub(crate) type StoreResult<T> = Result<T, StoreError>;

/// A call without a usable reply. The variants state whether Redis may have executed it.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    /// It was not sent, or Redis rejected it, or it changes nothing.
    #[error(transparent)]
    NotExecuted(PortError),
    /// The server takes no writes, like a former primary after a failover. It has not executed the call, and every
    /// connection to it must be discarded.
    #[error(transparent)]
    Replica(PortError),
    /// No connection is open, and the caller must not open one.
    #[error("no connection to Redis is open")]
    NotOpen,
    /// It was sent and not answered in time, so Redis may have executed it.
    #[error(transparent)]
    Unanswered(PortError),
    /// The connection was closed before an answer, so Redis may have executed it, and another connection may be better.
    #[error(transparent)]
    Closed(PortError),
}

impl StoreError {
    pub(crate) fn deadline_passed() -> Self {
        Self::NotExecuted(PortError::unavailable("the deadline has passed"))
    }

    pub(crate) fn timeout() -> Self {
        Self::Unanswered(PortError::unavailable("Redis did not answer in time"))
    }

    /// The error of a call that changes nothing, so that its outcome does not matter.
    pub(crate) fn of_read(self) -> Self {
        match self {
            Self::Unanswered(error) | Self::Closed(error) => Self::NotExecuted(error),
            Self::NotExecuted(_) | Self::Replica(_) | Self::NotOpen => self,
        }
    }

    /// The last error of a call whose earlier attempt was not answered.
    pub(crate) fn of_unanswered_call(self) -> Self {
        match self {
            Self::NotExecuted(error)
            | Self::Replica(error)
            | Self::Unanswered(error)
            | Self::Closed(error) => Self::Unanswered(error),
            Self::NotOpen => Self::Unanswered(PortError::unavailable(self)),
        }
    }

    /// Returns whether Redis may have executed the call.
    pub(crate) const fn is_unanswered(&self) -> bool {
        match self {
            Self::Unanswered(_) | Self::Closed(_) => true,
            Self::NotExecuted(_) | Self::Replica(_) | Self::NotOpen => false,
        }
    }

    /// Translates an error in answer to a command that was sent.
    pub(crate) fn from_answer(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Io => Self::Closed(port_error(error)),
            ErrorKind::Client => Self::Unanswered(port_error(error)),
            ErrorKind::Parse => Self::Unanswered(PortError::corrupt(error)),
            ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown) => {
                Self::Replica(port_error(error))
            }
            ErrorKind::Server(_) if has_code(&error, "READONLY") => {
                Self::Replica(PortError::unavailable(error))
            }
            _ => Self::NotExecuted(port_error(error)),
        }
    }

    /// Translates an error of the pool, which occurs before anything is sent.
    pub(crate) fn from_pool(error: PoolError) -> Self {
        Self::NotExecuted(match error {
            PoolError::Backend(error) => port_error(error),
            other => PortError::unavailable(other),
        })
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotExecuted(error) | StoreError::Replica(error) => error,
            StoreError::Unanswered(error) | StoreError::Closed(error) => error.into_unanswered(),
            StoreError::NotOpen => Self::unavailable(error),
        }
    }
}

/// The error for a reply of an unexpected shape.
pub(crate) fn unexpected_reply(problem: &'static str) -> PortError {
    PortError::corrupt(format!("unexpected reply of Redis: {problem}"))
}

/// Translates an error of the driver or of the server.
pub(crate) fn port_error(error: RedisError) -> PortError {
    let is_temporary = TEMPORARY.into_iter().any(|code| has_code(&error, code));
    match error.kind() {
        ErrorKind::Server(kind) => match kind {
            ServerErrorKind::BusyLoading
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ReadOnly => PortError::unavailable(error),
            // `Moved` and `Ask` come from a cluster, which is not supported.
            ServerErrorKind::NoPerm | ServerErrorKind::Moved | ServerErrorKind::Ask => {
                PortError::misconfigured(error)
            }
            _ if is_temporary => PortError::unavailable(error),
            _ if has_code(&error, "NOPERM") => PortError::misconfigured(error),
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

/// Returns whether an error has this code. Before Redis 7, an error within a script has the script's own code, and the
/// original code in its text.
fn has_code(error: &RedisError, code: &str) -> bool {
    let in_text = || error.detail().is_some_and(|detail| detail.contains(&format!("-{code} ")));
    error.code() == Some(code) || in_text()
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::PortErrorKind;

    use super::*;

    fn script_error(text: &str) -> RedisError {
        let detail = format!("Error running script (call to f_0): @user_script:7: -{text}");
        RedisError::from((
            ErrorKind::Server(ServerErrorKind::ResponseError),
            "An error was signalled",
            detail,
        ))
    }

    #[test]
    fn errors_within_scripts_of_older_servers_are_classified() {
        let full =
            StoreError::from_answer(script_error("OOM command not allowed when used memory > 'maxmemory'."));
        assert!(matches!(full, StoreError::NotExecuted(error) if error.kind() == PortErrorKind::Unavailable));
        let replica =
            StoreError::from_answer(script_error("READONLY You can't write against a read only replica."));
        assert!(matches!(replica, StoreError::Replica(_)));
        let defect = StoreError::from_answer(script_error("WRONGTYPE Operation against a key"));
        assert!(matches!(defect, StoreError::NotExecuted(error) if error.kind() == PortErrorKind::Corrupt));
    }

    #[test]
    fn rejected_password_names_the_setting() {
        for error in [
            RedisError::from((ErrorKind::AuthenticationFailed, "Password authentication failed")),
            redis::make_extension_error("NOAUTH".to_owned(), None),
        ] {
            let text = format!("{:?}", port_error(error));
            assert!(text.contains("REDIS__URL"), "{text}");
        }
    }
}
