//! Translation of errors: the driver's into the ports' and into sentences for people.

use std::io;
use std::path::PathBuf;

use auth_domain::ports::{PortError, UnreadableUser};
use diesel::result::{DatabaseErrorKind, Error as DriverError};
use thiserror::Error;

/// Why the database cannot be opened. Each text is one line that says what to do.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder or the file cannot be made.
    #[error("{} cannot be made: {source}; let this user write there, or choose another data directory", .path.display())]
    Unwritable {
        /// The folder or the file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no database, and the configuration does not allow creating one.
    #[error("{} does not exist; run `migrate` first, which makes it", .0.display())]
    Missing(PathBuf),
    /// The driver takes paths as text only.
    #[error("{} is not valid UTF-8; choose another data directory", .0.display())]
    PathNotText(PathBuf),
    /// Not a database, or one whose pages contradict each other. It was left as it is.
    #[error("{} is damaged or no database ({check}); restore it from a backup, or move it away to start anew", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        check: String,
    },
    /// A database with tables, but without ours.
    #[error("{} belongs to another program; move it away, or choose another data directory", .0.display())]
    Foreign(PathBuf),
    /// It has migrations that this program does not know.
    #[error("{} was made by a newer version (migration {version}); run that version", .path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The first unknown migration.
        version: String,
    },
    /// A migration that cannot be applied.
    #[error("{} cannot be brought up to date: {check}; restore it from a backup, or run the former version", .path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        check: String,
    },
    /// Locked for longer than is reasonable, read-only, or out of reach.
    #[error("{} cannot be opened: {check}; see that this user may write it and that no other program locks it", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the driver says.
        check: String,
    },
    /// The threads that work on the file cannot be started.
    #[error("the threads of the database cannot be started: {0}; raise the limit on threads")]
    Threads(#[from] io::Error),
}

impl From<OpenError> for PortError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged { .. } => Self::corrupt(error),
            OpenError::Unusable { .. } | OpenError::Threads(_) => Self::unavailable(error),
            OpenError::Unwritable { .. }
            | OpenError::Missing(_)
            | OpenError::PathNotText(_)
            | OpenError::Foreign(_)
            | OpenError::NewerSchema { .. }
            | OpenError::Migration { .. } => Self::misconfigured(error),
        }
    }
}

/// Trouble within one step of work on the database.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    /// The driver reports it.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// There is no connection.
    #[error("no connection to the database: {0}")]
    Disconnected(String),
    /// A stored value has no meaning.
    #[error("a row contradicts itself: {0}")]
    Contradiction(&'static str),
    /// A value in the row of a user is not one of those defined for its column.
    #[error(transparent)]
    UnreadableUser(#[from] UnreadableUser),
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::UnreadableUser(row) => Self::corrupt(*row),
            StoreError::Driver(driver) if !is_damage(driver) => Self::unavailable(error),
            StoreError::Disconnected(_) => Self::unavailable(error),
            StoreError::Driver(_) | StoreError::Contradiction(_) => Self::corrupt(error),
        }
    }
}

/// Tells whether what is stored is wrong, so that asking again will not help.
pub(crate) fn is_damage(error: &DriverError) -> bool {
    match error {
        DriverError::DeserializationError(_) => true,
        // The driver passes SQLite's codes on only as SQLite's fixed texts for them.
        DriverError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            info.message().contains("malformed") || info.message().contains("not a database")
        }
        DriverError::DatabaseError(kind, _) => !matches!(kind, DatabaseErrorKind::ClosedConnection),
        _ => false,
    }
}

/// Tells whether a row names another that does not exist.
pub(crate) const fn is_missing_reference(error: &DriverError) -> bool {
    matches!(error, DriverError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))
}
