//! The file and its folder, made readable by their owner alone before SQLite sees them.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::OpenError;

/// The smallest page of a database, in bytes (<https://sqlite.org/fileformat2.html>, 1.3.2).
const SMALLEST_DATABASE: u64 = 512;

/// Makes the folder (0700) and the file (0600) where they are missing; returns the absolute path.
pub(crate) fn make(path: &Path) -> Result<PathBuf, OpenError> {
    let path = absolute(path)?;
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable(folder))?;
    }
    make_file(&path).map_err(unwritable(&path))?;
    restricted(path)
}

/// Returns the absolute path of an existing file, and creates nothing.
pub(crate) fn find(path: &Path) -> Result<PathBuf, OpenError> {
    let path = absolute(path)?;
    if path.try_exists().map_err(unwritable(&path))? {
        restricted(path)
    } else {
        Err(OpenError::Missing(path))
    }
}

/// Absolute, because the driver gives names such as `:memory:` and `file:…` a meaning of their own.
fn absolute(path: &Path) -> Result<PathBuf, OpenError> {
    std::path::absolute(path).map_err(unwritable(path))
}

/// SQLite gives its other files the mode of the database, but only those that it makes.
fn restricted(path: PathBuf) -> Result<PathBuf, OpenError> {
    for file in [path.clone(), beside(&path, "-wal"), beside(&path, "-shm")] {
        restrict(&file).map_err(unwritable(&file))?;
    }
    Ok(path)
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    |source| OpenError::Unwritable { path, source }
}

/// Rejects what is too short to be a database; SQLite takes a file of one byte for an empty one.
pub(crate) fn check_size(path: &Path) -> Result<(), OpenError> {
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if (1..SMALLEST_DATABASE).contains(&size) {
        return Err(OpenError::Damaged { path: path.to_owned(), check: format!("it has {size} bytes") });
    }
    Ok(())
}

/// Returns the path of a file that SQLite keeps beside the database.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Only ever opens a file that was missing: closing one that SQLite has open in this process would
/// drop the locks that SQLite holds on it (POSIX advisory locks belong to the process).
fn make_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn restrict(path: &Path) -> io::Result<()> {
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let others = mode & 0o077;
    if others == 0 {
        return Ok(());
    }
    match fs::set_permissions(path, Permissions::from_mode(mode & 0o700)) {
        // Another process may just have closed the database and removed its log.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
