//! Errors of opening and of calls, and their translation into the port's errors.

use std::io;
use std::path::PathBuf;

use auth_domain::ports::{PortError, UnreadableUser};
use diesel::result::{DatabaseErrorKind, Error as DriverError};
use thiserror::Error;

use crate::store_files::FilesProblem;

/// The database cannot be opened. Each message is one line with the file, the problem and the remedy.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The folder or the file cannot be created.
    #[error("{} cannot be created: {source}; give this user the right to write there, or set another DATA_DIR", .path.display())]
    Unwritable {
        /// The folder or the file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// There is no database, and none may be created.
    #[error("{} does not exist; run `migrate` to create it", .0.display())]
    Missing(PathBuf),
    /// The path is not UTF-8, which the driver needs.
    #[error("{} is not valid UTF-8; set another DATA_DIR", .0.display())]
    PathNotText(PathBuf),
    /// The file is not a database, or it is damaged. It was not changed.
    #[error("{} is damaged or no database ({check}); restore it from a backup, or move it away to start with an empty one", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The problem.
        check: String,
    },
    /// The database has tables of another program.
    #[error("{} belongs to another program; move it away, or set another DATA_DIR", .0.display())]
    Foreign(PathBuf),
    /// The database has migrations that this program does not know.
    #[error("{} was migrated by a newer version (migration {version}); run that version", .path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The first unknown migration.
        version: String,
    },
    /// A migration fails.
    #[error("{} cannot be migrated: {check}; restore it from a backup, or run the version before", .path.display())]
    Migration {
        /// The file.
        path: PathBuf,
        /// The problem.
        check: String,
    },
    /// The file is locked by another program, is read-only, or cannot be reached.
    #[error("{} cannot be opened: {check}; give this user the right to write it, and close other programs that lock it", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The error of the driver.
        check: String,
    },
    /// The threads of the database cannot be started.
    #[error("the threads of the database cannot be started: {0}; raise the limit on threads (`ulimit -u`)")]
    Threads(#[from] io::Error),
}

impl From<ConfigError> for PortError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Damaged { .. } => Self::corrupt(error),
            ConfigError::Unusable { .. } | ConfigError::Threads(_) => Self::unavailable(error),
            ConfigError::Unwritable { .. }
            | ConfigError::Missing(_)
            | ConfigError::PathNotText(_)
            | ConfigError::Foreign(_)
            | ConfigError::NewerSchema { .. }
            | ConfigError::Migration { .. } => Self::misconfigured(error),
        }
    }
}

/// An error of one job.
#[derive(Debug, Error)]
pub(crate) enum StoreError {
    /// An error of the driver.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// A commit failed. The log may contain it, and then the next opening finds it.
    #[error("the commit failed, and its outcome is unknown: {0}; check the disk")]
    Commit(#[source] DriverError),
    /// There is no connection.
    #[error("no connection to the database: {0}")]
    Disconnected(String),
    /// Something happened to the files.
    #[error(transparent)]
    Files(#[from] FilesProblem),
    /// A stored value is not defined.
    #[error("a row contradicts itself: {0}")]
    Contradiction(&'static str),
    /// A value in the row of a user is not one of those defined for its column.
    #[error(transparent)]
    UnreadableUser(#[from] UnreadableUser),
}

impl StoreError {
    /// The error of a commit. SQLite writes the mark of a commit last, so that a disk that is full has none.
    pub(crate) fn of_commit(error: DriverError) -> Self {
        match &error {
            DriverError::DatabaseError(DatabaseErrorKind::Unknown, info)
                if info.message().contains("disk is full") =>
            {
                Self::Driver(error)
            }
            _ => Self::Commit(error),
        }
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::UnreadableUser(row) => Self::corrupt(*row),
            StoreError::Commit(_) => Self::unanswered(error),
            StoreError::Driver(driver) if !is_damage(driver) => Self::unavailable(error),
            StoreError::Disconnected(_) | StoreError::Files(_) => Self::unavailable(error),
            StoreError::Driver(_) | StoreError::Contradiction(_) => Self::corrupt(error),
        }
    }
}

/// Whether the stored data is damaged, so that a repeat fails, too.
pub(crate) fn is_damage(error: &DriverError) -> bool {
    match error {
        DriverError::DeserializationError(_) => true,
        // The driver has no error codes here, only SQLite's fixed texts.
        DriverError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            info.message().contains("malformed") || info.message().contains("not a database")
        }
        DriverError::DatabaseError(kind, _) => !matches!(kind, DatabaseErrorKind::ClosedConnection),
        _ => false,
    }
}

/// Whether a row refers to another row that does not exist.
pub(crate) const fn is_missing_reference(error: &DriverError) -> bool {
    matches!(error, DriverError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::PortErrorKind;

    use super::*;

    #[test]
    fn only_a_full_disk_has_certainly_no_commit() {
        for (text, kind) in [
            ("database or disk is full", PortErrorKind::Unavailable),
            ("disk I/O error", PortErrorKind::Unanswered),
        ] {
            let error = DriverError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned()));
            assert_eq!(PortError::from(StoreError::of_commit(error)).kind(), kind, "{text}");
        }
    }
}
