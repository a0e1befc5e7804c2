//! What readiness asks of the file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;

use crate::error::StoreError;

/// The file that was opened. Another one may lie at its path later; what is written then reaches nobody after a restart.
#[derive(Clone, Debug)]
pub(crate) struct OpenedFile {
    path: PathBuf,
    /// Its device and number; unknown where the system does not say.
    identity: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), identity: identity(path) }
    }

    /// Checks that the path still leads to the file.
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

/// Writes a field of the file's header that this service does not use, with the value that it has: a disk that is full or
/// read-only rejects it.
pub(crate) fn write(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    Ok(connection.batch_execute("PRAGMA application_id = 0")?)
}
