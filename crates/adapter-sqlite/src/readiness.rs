//! The checks of the file for readiness.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;

use crate::error::StoreError;

/// The file that was opened. If another file is later at its path, everything written from then on is lost at a restart.
#[derive(Clone, Debug)]
pub(crate) struct OpenedFile {
    path: PathBuf,
    /// Its device and inode; unknown if they could not be read.
    identity: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), identity: identity(path) }
    }

    /// Checks that the path still leads to the opened file.
    pub(crate) fn is_in_place(&self) -> Result<(), StoreError> {
        if identity(&self.path) == self.identity {
            return Ok(());
        }
        let path = self.path.display();
        Err(StoreError::Disconnected(format!(
            "{path} was replaced or removed while the service uses it; restart the service"
        )))
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Writes an unused field of the file's header with its present value: a disk that is full or read-only rejects the
/// write.
pub(crate) fn write(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    Ok(connection.batch_execute("PRAGMA application_id = 0")?)
}
