//! The file and its folder. Only their owner can read them, from before SQLite opens the file.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::ConfigError;

/// The smallest page of a database, in bytes (<https://sqlite.org/fileformat2.html>, 1.3.2).
const SMALLEST_DATABASE: u64 = 512;

/// Creates the folder (mode 0700) and the file (0600) if they are missing. Returns the absolute path.
pub(crate) fn create(path: &Path) -> Result<PathBuf, ConfigError> {
    let path = absolute(path)?;
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable(folder))?;
    }
    create_file(&path).map_err(unwritable(&path))?;
    restricted(path)
}

/// The absolute path of an existing file. Nothing is created.
pub(crate) fn find(path: &Path) -> Result<PathBuf, ConfigError> {
    let path = absolute(path)?;
    if path.try_exists().map_err(unwritable(&path))? {
        restricted(path)
    } else {
        Err(ConfigError::Missing(path))
    }
}

/// The absolute path. The driver treats names such as `:memory:` and `file:…` specially, but no absolute path.
fn absolute(path: &Path) -> Result<PathBuf, ConfigError> {
    std::path::absolute(path).map_err(unwritable(path))
}

/// Restricts the modes of existing files. SQLite gives the files that it creates the mode of the database.
fn restricted(path: PathBuf) -> Result<PathBuf, ConfigError> {
    for file in [path.clone(), sibling(&path, "-wal"), sibling(&path, "-shm")] {
        restrict(&file).map_err(unwritable(&file))?;
    }
    Ok(path)
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> ConfigError {
    let path = path.to_owned();
    |source| ConfigError::Unwritable { path, source }
}

/// Rejects a file that is too short for a database. SQLite would treat it as an empty one.
pub(crate) fn check_size(path: &Path) -> Result<(), ConfigError> {
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if (1..SMALLEST_DATABASE).contains(&size) {
        return Err(ConfigError::Damaged { path: path.to_owned(), check: format!("it has {size} bytes") });
    }
    Ok(())
}

/// The path of a file that SQLite keeps next to the database.
pub(crate) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates a missing file. An existing file is not opened: closing it would release the locks that SQLite has on it in this
/// process (POSIX advisory locks belong to the process).
fn create_file(path: &Path) -> io::Result<()> {
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
        // Another process may have closed the database and removed its log meanwhile.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
