//! Translation of errors: the driver's into the ports'.
//!
//! What the server says in `DETAIL` quotes rows, so it is never passed on; of its messages only words
//! that cannot be an email or a hash are.

mod connecting;
mod statement;

use auth_domain::ports::{PortError, UnreadableUser};
use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error as DriverError};
use diesel_async::pooled_connection::PoolError as ManagerError;
use diesel_async::pooled_connection::deadpool::PoolError;
use tokio_postgres::Error as ConnectError;

/// The message that a statement raises which finds itself past its deadline after it has waited.
pub(crate) const TOO_LATE: &str = "the deadline has passed";

/// The message for a connection to a standby.
pub(crate) const STANDBY: &str = "the database server is a standby, which learns late of changes; name the primary in POSTGRES__URL, or all \
                                  servers of the cluster";

/// How messages begin that concern one connection alone, in the language that most servers speak.
const OF_THE_CONNECTION: [&str; 2] = ["terminating connection", "cached plan must not change result type"];

/// Trouble within one call.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// The driver reports it of a statement.
    Driver(DriverError),
    /// There is no connection.
    Connect(ConnectError),
    /// The server is a standby, which learns late of changes.
    Standby,
    /// The server at the other end of the connection has become a standby.
    Demoted,
    /// Another caller has just tried to connect, in vain.
    Unreachable,
    /// Nothing came back in time.
    Silent,
    /// The deadline passed before anything was done, and nothing will be.
    TooLate,
    /// The pool had no connection in time.
    Exhausted,
    /// A stored value has no meaning.
    Contradiction(&'static str),
    /// A value in the row of a user is not one of those defined for its column.
    UnreadableUser(UnreadableUser),
    /// The database is not what it has to be; says what to do.
    Unfit(String),
}

impl StoreError {
    /// Tells whether another connection may do better at once: this one is gone, or remembers how the
    /// tables were before somebody changed them.
    pub(crate) fn is_of_the_connection(&self) -> bool {
        if matches!(self, Self::Demoted) {
            return true;
        }
        let Self::Driver(DriverError::DatabaseError(kind, information)) = self else { return false };
        match kind {
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => true,
            _ => OF_THE_CONNECTION.iter().any(|text| information.message().starts_with(text)),
        }
    }

    /// Tells whether the connection had better not be used again, as far as that can be known.
    pub(crate) fn is_suspicious(&self) -> bool {
        let Self::Driver(DriverError::DatabaseError(kind, information)) = self else {
            return self.is_of_the_connection();
        };
        match kind {
            DatabaseErrorKind::Unknown => !statement::is_hopeless(&**information),
            _ => self.is_of_the_connection(),
        }
    }

    /// Tells whether a row names another that does not exist.
    pub(crate) const fn is_missing_reference(&self) -> bool {
        matches!(self, Self::Driver(DriverError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)))
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Driver(error) => statement::translate(&error),
            StoreError::Connect(error) => connecting::translate(&error),
            StoreError::Standby | StoreError::Demoted => Self::unavailable(STANDBY),
            StoreError::Unreachable => Self::unavailable("another call has just tried to connect, in vain"),
            StoreError::Silent => Self::unavailable("the database did not answer in time"),
            StoreError::TooLate => Self::unavailable("the deadline passed before anything was changed"),
            StoreError::Exhausted => Self::unavailable("no connection to the database became free in time"),
            StoreError::Contradiction(text) => Self::corrupt(format!("a row contradicts itself: {text}")),
            StoreError::UnreadableUser(row) => Self::corrupt(row),
            StoreError::Unfit(text) => Self::misconfigured(text),
        }
    }
}

impl From<DriverError> for StoreError {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

impl From<UnreadableUser> for StoreError {
    fn from(row: UnreadableUser) -> Self {
        Self::UnreadableUser(row)
    }
}

impl From<ConnectError> for StoreError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

/// The pool takes this error of the driver's only; whatever else there is to say travels inside it.
impl From<StoreError> for ConnectionError {
    fn from(error: StoreError) -> Self {
        Self::CouldntSetupConfiguration(match error {
            StoreError::Driver(error) => error,
            other => DriverError::QueryBuilderError(Box::new(Wrapped(other))),
        })
    }
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::CouldntSetupConfiguration(DriverError::QueryBuilderError(inner)) => {
                match inner.downcast::<Wrapped>() {
                    Ok(wrapped) => wrapped.0,
                    Err(inner) => Self::Driver(DriverError::QueryBuilderError(inner)),
                }
            }
            ConnectionError::CouldntSetupConfiguration(error) => Self::Driver(error),
            _ => Self::Exhausted,
        }
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(ManagerError::ConnectionError(error)) => error.into(),
            PoolError::Backend(ManagerError::QueryError(error)) => Self::Driver(error),
            PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_) => Self::Exhausted,
        }
    }
}

#[derive(Debug)]
struct Wrapped(StoreError);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no connection")
    }
}

impl std::error::Error for Wrapped {}

/// Leaves out of a server's message what might be an email or a hash, and makes it one short line.
fn inert(message: &str) -> String {
    let words = message.split_whitespace().map(|word| {
        let may_be_data = word.contains(['@', '$']) || word.len() > 64;
        if may_be_data { "[..]" } else { word }
    });
    words.take(40).collect::<Vec<_>>().join(" ")
}
