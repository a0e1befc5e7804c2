//! Errors of the configuration and of calls, and their translation into the port's errors.

mod connect;
mod message;
mod statement;

use std::io;

use auth_domain::ports::{PortError, PortErrorKind, UnreadableUser};
use auth_store_connection::{TlsError, UrlError};
use diesel::result::Error as DieselError;
use thiserror::Error;
use tokio_postgres::Error as DriverError;
use tokio_postgres::error::SqlState;

pub(crate) use statement::POOLER;
use statement::Report;

/// The message for a server that is a standby.
pub(crate) const STANDBY: &str = "the database server is a standby, which receives changes late; name the primary in POSTGRES__URL, or all \
                                  servers of the cluster";

/// An unusable setting. Each message has the name of the setting, the problem and the remedy.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A part of the URL cannot be used.
    #[error("POSTGRES__URL: {0}")]
    InvalidUrl(#[from] UrlError),
    /// The URL has no host.
    #[error(
        "POSTGRES__URL: the URL has no host; write for example postgres://auth@db.example.com/hooksentry"
    )]
    NoHost,
    /// The URL has lists of hosts, addresses and ports of different lengths.
    #[error(
        "POSTGRES__URL: the numbers of hosts, addresses (`hostaddr`) and ports differ; write one of each for every server, \
         such as postgres://auth@db1.example.com:5432,db2.example.com:5432/hooksentry"
    )]
    UnevenHosts,
    /// The URL allows plain text to another machine.
    #[error(
        "POSTGRES__URL: sslmode allows passwords in plain text to another machine; write sslmode=verify-full, or set \
         POSTGRES__ALLOW_PLAIN_TEXT=on"
    )]
    PlainText,
    /// A parameter of the URL has no effect without TLS.
    #[error("POSTGRES__URL: {0} needs TLS; write sslmode=verify-full as well, or remove it")]
    NeedsTls(&'static str),
    /// A file is named by a setting and by a parameter of the URL.
    #[error("{0}: POSTGRES__URL has the parameter `{1}` as well; remove one of them")]
    SetTwice(&'static str, &'static str),
    /// A file has no effect without TLS.
    #[error("{0}: it is used with TLS only; write sslmode=verify-full into POSTGRES__URL, or remove it")]
    NeedsTlsFile(&'static str),
    /// A file for TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Without the host name, each certificate of a public authority would be accepted.
    #[error("POSTGRES__URL: sslrootcert=system needs sslmode=verify-full; write both")]
    UnverifiedName,
    /// `sslmode=require` without an authority.
    #[error(
        "POSTGRES__URL: sslmode=require needs the authority of the server in POSTGRES__CA_FILE; for a certificate of a public \
         authority, write sslmode=verify-full"
    )]
    MissingAuthority,
    /// A library rejects the settings.
    #[error("POSTGRES__URL: cannot set up connections: {0}")]
    Rejected(String),
}

/// An error within one call.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    /// A statement failed.
    #[error("a statement failed")]
    Statement(#[from] DriverError),
    /// A statement could not be built, or has no row.
    #[error("a statement failed")]
    Diesel(DieselError),
    /// A row has a value that cannot be represented.
    #[error("a row cannot be read: a column has a value that this service cannot represent")]
    UnreadableValue,
    /// A connection could not be made.
    #[error("cannot connect")]
    Connect(DriverError),
    /// The name of a server has no address.
    #[error("POSTGRES__URL: the name of the database server has no address: {0}")]
    UnknownHost(io::Error),
    /// The server accepts no more connections of this role, for this database, or at all.
    #[error(
        "the database server accepts no more connections; raise its limit (max_connections, or CONNECTION LIMIT of the role \
         or the database), or lower POSTGRES__POOL"
    )]
    TooManyConnections,
    /// A new connection led to a standby.
    #[error("{STANDBY}")]
    Standby,
    /// The server of an existing connection has become a standby.
    #[error("{STANDBY}")]
    Demoted,
    /// The call waited for the connection attempt of another call, which failed.
    #[error("cannot connect to the database: another call has just failed to connect")]
    Unreachable,
    #[error("the database did not answer in time")]
    TimedOut,
    #[error("the deadline passed before the database was asked; nothing was changed")]
    DeadlinePassed,
    #[error("all connections of the pool to the database are in use")]
    PoolExhausted,
    /// Rows contradict each other.
    #[error("{0}")]
    Contradiction(&'static str),
    #[error(transparent)]
    UnreadableUser(#[from] UnreadableUser),
    /// The database is not set up as required; the text has the remedy.
    #[error("{0}")]
    Misconfigured(String),
}

impl StoreError {
    /// The error of a connection attempt.
    pub(crate) fn of_connecting(error: DriverError) -> Self {
        match error.code() {
            Some(&SqlState::TOO_MANY_CONNECTIONS) => Self::TooManyConnections,
            _ => Self::Connect(error),
        }
    }

    /// The kind of the error at the port. A deadline that passed before the server answered is `Unanswered`.
    pub(crate) fn kind(&self) -> PortErrorKind {
        match self {
            Self::Statement(error) => match Report::of(error) {
                Some(report) => report.translate().kind(),
                None => PortErrorKind::Unanswered,
            },
            Self::Connect(error) => connect::translate(error).kind(),
            Self::TimedOut => PortErrorKind::Unanswered,
            Self::UnreadableValue | Self::Contradiction(_) | Self::UnreadableUser(_) => {
                PortErrorKind::Corrupt
            }
            Self::Misconfigured(_) => PortErrorKind::Misconfigured,
            Self::PoolExhausted | Self::TooManyConnections => PortErrorKind::Overloaded,
            Self::Diesel(_)
            | Self::UnknownHost(_)
            | Self::Standby
            | Self::Demoted
            | Self::Unreachable
            | Self::DeadlinePassed => PortErrorKind::Unavailable,
        }
    }

    /// Whether the error concerns this connection only, so that another one may succeed at once: the connection is
    /// closed, or its prepared statements are older than a change of the tables.
    pub(crate) fn is_connection_error(&self) -> bool {
        match self {
            Self::Demoted => true,
            // Without a report of the server, the connection is closed or out of step.
            Self::Statement(error) => Report::of(error).is_none_or(|report| report.is_about_connection()),
            _ => false,
        }
    }

    /// Whether the server rejects the connection, so that other credentials or certificates may help.
    pub(crate) fn is_rejection(&self) -> bool {
        match self {
            Self::Connect(error) => connect::translate(error).kind() == PortErrorKind::Misconfigured,
            _ => false,
        }
    }

    /// Whether one row may be the reason why a statement about several failed.
    pub(crate) fn may_be_about_one_row(&self) -> bool {
        match self {
            Self::Statement(error) => Report::of(error).is_some_and(|report| {
                !report.is_permanent() && !report.is_cancelled() && !report.is_about_connection()
            }),
            Self::Diesel(_) | Self::UnreadableValue => true,
            _ => false,
        }
    }

    /// The error of a write. Without an answer of the server, the write may have been committed.
    pub(crate) fn of_write(self) -> PortError {
        let is_unanswered = matches!(self, Self::TimedOut) || self.is_connection_error();
        let error = PortError::from(self);
        if is_unanswered { error.into_unanswered() } else { error }
    }

    /// Whether a row refers to another row that does not exist.
    pub(crate) fn is_foreign_key_violation(&self) -> bool {
        match self {
            Self::Statement(error) => {
                Report::of(error).is_some_and(|report| report.is_foreign_key_violation())
            }
            _ => false,
        }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::QueryBuilderError(source) => match source.downcast() {
                Ok(error) => Self::Statement(*error),
                Err(source) => Self::Diesel(DieselError::QueryBuilderError(source)),
            },
            DieselError::DeserializationError(_) => Self::UnreadableValue,
            error => Self::Diesel(error),
        }
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Statement(error) => match Report::of(&error) {
                Some(report) => report.translate(),
                None => Self::unavailable(format!("the connection to the database failed: {error}")),
            },
            StoreError::Diesel(_) => Self::unavailable("the database driver failed"),
            StoreError::UnreadableValue => Self::corrupt(error),
            StoreError::Connect(error) => connect::translate(&error),
            StoreError::Contradiction(text) => Self::corrupt(text),
            StoreError::UnreadableUser(row) => Self::corrupt(row),
            StoreError::Misconfigured(text) => Self::misconfigured(text),
            StoreError::UnknownHost(_)
            | StoreError::Standby
            | StoreError::Demoted
            | StoreError::Unreachable
            | StoreError::TimedOut
            | StoreError::DeadlinePassed
            | StoreError::PoolExhausted
            | StoreError::TooManyConnections => Self::unavailable(error),
        }
    }
}
