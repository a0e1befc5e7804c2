//! Errors of the configuration and of calls, and their translation into the port's errors.

mod connect;
mod message;
mod statement;

use std::io;
use std::path::PathBuf;

use auth_domain::ports::{PortError, UnreadableUser};
use diesel::result::{DatabaseErrorKind, Error as DriverError};
use thiserror::Error;
use tokio_postgres::Error as ConnectError;
use tokio_postgres::error::SqlState;

/// The message for a server that is a standby.
pub(crate) const STANDBY: &str = "the database server is a standby, which receives changes late; name the primary in POSTGRES__URL, or all \
                                  servers of the cluster";

/// An unusable setting. Each message has the name of the setting, the problem and the remedy.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The URL cannot be parsed.
    #[error(
        "POSTGRES__URL: not a valid postgres:// URL; write for example postgres://auth@db.example.com/hooksentry"
    )]
    InvalidUrl,
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
    /// The CA file cannot be read.
    #[error("POSTGRES__CA_FILE: cannot read {}: {source}; make it readable for the user of this service", .path.display())]
    UnreadableCaFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The CA file has no usable certificate.
    #[error("POSTGRES__CA_FILE: {} has no usable certificate; name a file in PEM form", .0.display())]
    InvalidCaFile(PathBuf),
    /// The system has no certificate authorities.
    #[error(
        "POSTGRES__CA_FILE: the system has no certificate authorities; install the package ca-certificates, or name a \
         file with the authority of the database server"
    )]
    NoSystemAuthorities,
    /// A library rejects the settings.
    #[error("POSTGRES__URL: cannot set up connections: {0}")]
    Rejected(String),
}

/// An error within one call.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    /// A statement failed.
    #[error("a statement failed")]
    Driver(#[from] DriverError),
    /// A connection could not be made.
    #[error("cannot connect")]
    Connect(ConnectError),
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
    /// Whether the error concerns this connection only, so that another one may succeed at once: the connection is
    /// closed, or its prepared statements are older than a change of the tables.
    pub(crate) fn is_connection_error(&self) -> bool {
        if matches!(self, Self::Demoted) {
            return true;
        }
        let Self::Driver(DriverError::DatabaseError(kind, information)) = self else { return false };
        match kind {
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => true,
            _ => statement::is_about_connection(&**information),
        }
    }

    /// Whether one row may be the reason why a statement about several failed.
    pub(crate) fn may_be_about_one_row(&self) -> bool {
        match self {
            Self::Driver(DriverError::DatabaseError(_, information)) => {
                let information = &**information;
                let is_about_all =
                    statement::is_permanent(information) || statement::is_cancelled(information);
                !is_about_all && !self.is_connection_error()
            }
            Self::Driver(_) => true,
            _ => false,
        }
    }

    /// Whether the connection should not be used again. The driver does not report the kind of every error, so an
    /// unknown one counts.
    pub(crate) fn discards_connection(&self) -> bool {
        let Self::Driver(DriverError::DatabaseError(DatabaseErrorKind::Unknown, information)) = self else {
            return self.is_connection_error();
        };
        !statement::is_permanent(&**information) && !statement::is_cancelled(&**information)
    }

    /// The error of a write. Without an answer of the server, the write may have been committed.
    pub(crate) fn of_write(self) -> PortError {
        let is_unanswered = matches!(self, Self::TimedOut) || self.is_connection_error();
        let error = PortError::from(self);
        if is_unanswered { error.into_unanswered() } else { error }
    }

    /// Whether a row refers to another row that does not exist.
    pub(crate) const fn is_foreign_key_violation(&self) -> bool {
        matches!(self, Self::Driver(DriverError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)))
    }
}

impl From<ConnectError> for StoreError {
    fn from(error: ConnectError) -> Self {
        match error.code() {
            Some(&SqlState::TOO_MANY_CONNECTIONS) => Self::TooManyConnections,
            _ => Self::Connect(error),
        }
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Driver(error) => statement::translate(&error),
            StoreError::Connect(error) => connect::translate(&error),
            StoreError::Contradiction(text) => Self::corrupt(text),
            StoreError::UnreadableUser(row) => Self::corrupt(row),
            StoreError::Misconfigured(text) => Self::misconfigured(text),
            StoreError::Standby
            | StoreError::Demoted
            | StoreError::Unreachable
            | StoreError::TimedOut
            | StoreError::DeadlinePassed
            | StoreError::PoolExhausted
            | StoreError::TooManyConnections => Self::unavailable(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_statement_leaves_its_connection_open() {
        let unknown = |message: &str| {
            StoreError::Driver(DriverError::DatabaseError(
                DatabaseErrorKind::Unknown,
                Box::new(message.to_owned()),
            ))
        };
        for message in ["canceling statement due to lock timeout", "permission denied for table users"] {
            assert!(!unknown(message).discards_connection(), "{message}");
        }
        for message in ["terminating connection due to administrator command", "Verbindung wird beendet"] {
            assert!(unknown(message).discards_connection(), "{message}");
        }
    }
}
