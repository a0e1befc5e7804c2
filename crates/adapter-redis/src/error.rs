//! Errors of the configuration, and of calls to Redis.

use std::error::Error as _;

use auth_domain::ports::{PortError, PortErrorKind};
use auth_store_connection::{TlsError, UrlError};
use deadpool_redis::PoolError;
use redis::{ErrorKind, RedisError};
use thiserror::Error;

use crate::server_error::{AUTHENTICATION_FAILED, is_of_replica, server_error};
use crate::tls;

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
        "REDIS__URL: tokens would be sent in plain text to another machine; write rediss:// (rediss-sentinel://, \
         rediss-cluster://), or set REDIS__ALLOW_PLAIN_TEXT=on"
    )]
    PlainText,
    /// The URL switches off the verification of certificates.
    #[error("REDIS__URL: #insecure switches off the verification of certificates; remove it")]
    Unverified,
    /// The host cannot be the name of a certificate.
    #[error("REDIS__URL: the host is no valid host name; write a name without underscores, or an address")]
    HostName,
    /// A file has no effect without TLS.
    #[error("{0}: it is used with TLS only; begin REDIS__URL with rediss, or remove this setting")]
    NeedsTls(&'static str),
    /// One server, Sentinel and a cluster cannot replace each other while the process runs.
    #[error(
        "REDIS__URL: a reload cannot switch between one server, Sentinel and Cluster; restart the service"
    )]
    OtherForm,
    /// A file for TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

pub(crate) type StoreResult<T> = Result<T, StoreError>;

/// A call without a usable reply. The variants state whether Redis may have executed it.
#[derive(Clone, Debug, Error)]
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
    /// Redis executed it, but too few replicas have it.
    #[error(transparent)]
    Unconfirmed(PortError),
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
            Self::Unanswered(error) | Self::Unconfirmed(error) | Self::Closed(error) => {
                Self::NotExecuted(error)
            }
            Self::NotExecuted(_) | Self::Replica(_) | Self::NotOpen => self,
        }
    }

    /// The last error of a call whose earlier attempt was not answered.
    pub(crate) fn of_unanswered_call(self) -> Self {
        match self {
            Self::NotExecuted(error)
            | Self::Replica(error)
            | Self::Unanswered(error)
            | Self::Unconfirmed(error)
            | Self::Closed(error) => Self::Unanswered(error),
            Self::NotOpen => Self::Unanswered(PortError::unavailable(self)),
        }
    }

    /// Returns whether Redis may have executed the call.
    pub(crate) const fn is_unanswered(&self) -> bool {
        match self {
            Self::Unanswered(_) | Self::Unconfirmed(_) | Self::Closed(_) => true,
            Self::NotExecuted(_) | Self::Replica(_) | Self::NotOpen => false,
        }
    }

    /// The kind of the error at the port.
    pub(crate) fn kind(&self) -> PortErrorKind {
        match self {
            Self::NotExecuted(error) | Self::Replica(error) => error.kind(),
            Self::Unanswered(error) | Self::Unconfirmed(error) | Self::Closed(error) => {
                error.clone().into_unanswered().kind()
            }
            Self::NotOpen => PortErrorKind::Unavailable,
        }
    }

    /// Translates an error in answer to a command that was sent.
    pub(crate) fn from_answer(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Io | ErrorKind::Parse => Self::Closed(port_error(error)),
            ErrorKind::Client => Self::Unanswered(port_error(error)),
            _ if is_of_replica(&error) => Self::Replica(port_error(error)),
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

/// The error for an address that must not be connected to.
impl From<ConfigError> for StoreError {
    fn from(error: ConfigError) -> Self {
        Self::NotExecuted(PortError::misconfigured(error))
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotExecuted(error) | StoreError::Replica(error) => error,
            StoreError::Unanswered(error) | StoreError::Unconfirmed(error) | StoreError::Closed(error) => {
                error.into_unanswered()
            }
            StoreError::NotOpen => Self::unavailable(error),
        }
    }
}

/// The error for a reply of an unexpected shape.
pub(crate) fn unexpected_reply(problem: &'static str) -> PortError {
    PortError::corrupt(format!("unexpected reply of Redis: {problem}"))
}

/// Returns whether a connection was closed or reset. One that was refused was never open.
pub(crate) fn is_of_closed_connection(error: &PortError) -> bool {
    let error = error.source().and_then(|source| source.downcast_ref::<RedisError>());
    error.is_some_and(|error| error.is_connection_dropped() && !error.is_connection_refusal())
}

/// Translates an error of the driver or of the server.
pub(crate) fn port_error(error: RedisError) -> PortError {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => server_error(error),
        ErrorKind::AuthenticationFailed => PortError::misconfigured(AUTHENTICATION_FAILED),
        ErrorKind::InvalidClientConfig => PortError::misconfigured(error),
        ErrorKind::Io | ErrorKind::Client => {
            tls::misconfiguration(&error).unwrap_or_else(|| PortError::unavailable(error))
        }
        // Bytes that are no reply show a broken connection, or another server at the address, and no broken record.
        ErrorKind::Parse => PortError::unavailable(error),
        _ => PortError::corrupt(error),
    }
}
