//! The identity of the opened file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The file that was opened. If its path later names another file, the next restart loses all changes since then.
#[derive(Clone, Debug)]
pub(crate) struct OpenedFile {
    path: PathBuf,
    /// Device and inode; `None` if they could not be read.
    identity: Option<(u64, u64)>,
}

impl OpenedFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), identity: identity(path) }
    }

    /// Checks that the path still names the opened file.
    pub(super) fn check_in_place(&self) -> Result<(), StoreError> {
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
