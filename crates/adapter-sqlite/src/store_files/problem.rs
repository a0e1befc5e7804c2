//! What is wrong with the files, with the remedy.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::kept_file::Displaced;

/// Something happened to the files of the open database.
#[derive(Clone, Debug, Error)]
pub(crate) enum FilesProblem {
    /// The path of the database names no file.
    #[error("{} was removed while the service uses it; move it back, or stop the service and restore a backup (a start without this file creates an empty store)", .0.display())]
    Removed(PathBuf),
    /// The path of the database names another file.
    #[error("{} was replaced while the service uses it; restart the service to use the new file, or move the former file back", .0.display())]
    Replaced(PathBuf),
    /// The path of the log or of its index does not name the opened file.
    #[error("{} was removed or replaced while the service uses it; restart the service", .0.display())]
    LogDisplaced(PathBuf),
    /// The path of the server's lock does not name the opened file.
    #[error("{} was removed or replaced while the service uses it, so that another server could start on this directory; move it back, or restart the service", .0.display())]
    LockDisplaced(PathBuf),
    /// Another program has written into the database file or the log.
    #[error("{} was overwritten or truncated while the service uses it; stop the service, restore a backup, and start it", .0.display())]
    Overwritten(PathBuf),
    /// A file cannot be read.
    #[error("{} cannot be read: {error}; check the disk, and the rights of this user on the folder", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: String,
    },
}

impl FilesProblem {
    pub(super) fn of_database(displaced: Displaced) -> Self {
        match displaced {
            Displaced::Removed(path) => Self::Removed(path),
            Displaced::Replaced(path) => Self::Replaced(path),
            Displaced::Unreachable(path, error) => Self::unreadable(&path, &error),
        }
    }

    pub(super) fn of_log(displaced: Displaced) -> Self {
        match displaced {
            Displaced::Removed(path) | Displaced::Replaced(path) => Self::LogDisplaced(path),
            Displaced::Unreachable(path, error) => Self::unreadable(&path, &error),
        }
    }

    pub(super) fn of_lock(displaced: Displaced) -> Self {
        match displaced {
            Displaced::Removed(path) | Displaced::Replaced(path) => Self::LockDisplaced(path),
            Displaced::Unreachable(path, error) => Self::unreadable(&path, &error),
        }
    }

    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), error: error.to_string() }
    }

    /// Whether the problem stays while the files are open. The others end when the files are back.
    pub(super) const fn is_lasting(&self) -> bool {
        match self {
            Self::Overwritten(_) => true,
            Self::Removed(_)
            | Self::Replaced(_)
            | Self::LogDisplaced(_)
            | Self::LockDisplaced(_)
            | Self::Unreadable { .. } => false,
        }
    }
}
