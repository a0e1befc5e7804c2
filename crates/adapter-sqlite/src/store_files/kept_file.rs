//! A file that stays open.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::mem::ManuallyDrop;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// An open file and its path.
///
/// It is never closed: that would release the locks that SQLite has on it in this process (POSIX advisory locks belong to the
/// process).
pub(super) struct KeptFile {
    pub(super) path: PathBuf,
    file: ManuallyDrop<File>,
    /// Device and inode. The open file keeps the inode from being used again.
    identity: (u64, u64),
}

/// What is at the path in place of the opened file.
#[derive(Debug)]
pub(super) enum Displaced {
    /// Nothing.
    Removed(PathBuf),
    /// Another file.
    Replaced(PathBuf),
    /// It cannot be seen.
    Unreachable(PathBuf, io::Error),
}

impl KeptFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = ManuallyDrop::new(File::open(path)?);
        let identity = identity(&file.metadata()?);
        Ok(Self { path: path.to_owned(), file, identity })
    }

    /// Checks that the path still names the opened file.
    pub(super) fn check_in_place(&self) -> Result<(), Displaced> {
        match fs::metadata(&self.path) {
            Ok(found) if identity(&found) == self.identity => Ok(()),
            Ok(_) => Err(Displaced::Replaced(self.path.clone())),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Displaced::Removed(self.path.clone())),
            Err(error) => Err(Displaced::Unreachable(self.path.clone(), error)),
        }
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// The first bytes of the file; `None` if it has fewer.
    pub(super) fn head<const LENGTH: usize>(&self) -> io::Result<Option<[u8; LENGTH]>> {
        let mut bytes = [0; LENGTH];
        match self.file.read_exact_at(&mut bytes, 0) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}
