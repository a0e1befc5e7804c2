//! Copies of a database, also while other processes use it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::sql_types::Text;
use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};
use thiserror::Error;

use crate::config::SqliteConfig;
use crate::connection::{Role, connect};
use crate::error::{ConfigError, StoreError};
use crate::files::{self, sibling};
use crate::integrity;
use crate::mark;

/// The database was not copied. Each message is one line with the file, the problem and the remedy.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The database cannot be used.
    #[error(transparent)]
    Source(#[from] ConfigError),
    /// The copy, or its draft, exists.
    #[error("{} exists, and a backup overwrites no file; name another file, or remove this one", .0.display())]
    Exists(PathBuf),
    /// The path of the copy is not UTF-8, which the driver needs.
    #[error("{} is not valid UTF-8; name another file", .0.display())]
    PathNotText(PathBuf),
    /// The copy cannot be written.
    #[error("{} cannot be written: {problem}; check the space on the disk and the rights of this user, or name another file", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
    /// The copy has damage, so the database has, too.
    #[error("the copy is damaged ({check}), and so is the database; restore an earlier backup")]
    Damaged {
        /// The problem.
        check: String,
    },
}

/// Copies the database into a new file of mode 0600. Blocks until the copy is on disk; callers of the database are not delayed.
///
/// The copy is made under the name of `target` with the suffix `.partial`, so that `target` is never incomplete.
///
/// # Errors
/// [`BackupError`]. Nothing is left of the copy.
pub fn back_up(config: &SqliteConfig, target: &Path) -> Result<(), BackupError> {
    let source = files::find(&config.path)?;
    let unwritable = |error: &dyn std::error::Error| BackupError::Unwritable {
        path: target.to_owned(),
        problem: error.to_string(),
    };
    let target = std::path::absolute(target).map_err(|error| unwritable(&error))?;
    match target.symlink_metadata() {
        Ok(_) => return Err(BackupError::Exists(target)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(unwritable(&error)),
    }
    let draft = sibling(&target, ".partial");
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(BackupError::Exists(draft)),
        Err(error) => return Err(unwritable(&error)),
    }
    let copied = copy(&source, &draft).and_then(|()| {
        publish(&draft, &target).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => BackupError::Exists(target.clone()),
            _ => unwritable(&error),
        })
    });
    if copied.is_err() {
        // The first error is reported.
        let _ = fs::remove_file(&draft);
    }
    copied
}

/// Copies a snapshot into the empty file `draft`, and checks it.
fn copy(source: &Path, draft: &Path) -> Result<(), BackupError> {
    let text =
        |path: &Path| path.to_str().map(str::to_owned).ok_or(BackupError::PathNotText(path.to_owned()));
    let (source_text, draft_text) = (text(source)?, text(draft)?);
    let unwritable = |error: &dyn std::error::Error| BackupError::Unwritable {
        path: draft.to_owned(),
        problem: error.to_string(),
    };
    let mut connection = connect(&source_text, Role::Checkpointer).map_err(|error: StoreError| {
        ConfigError::Unusable { path: source.to_owned(), check: error.to_string() }
    })?;
    let vacuum = sql_query("VACUUM INTO ?").bind::<Text, _>(&draft_text);
    vacuum.execute(&mut connection).map_err(|error| unwritable(&error))?;
    let mut copy = SqliteConnection::establish(&draft_text).map_err(|error| unwritable(&error))?;
    // A copy in the place of a running database must be recognised.
    mark::remove(&mut copy).map_err(|error| unwritable(&error))?;
    match integrity::check(&mut copy).map_err(|error| unwritable(&error))? {
        None => Ok(()),
        Some(check) => Err(BackupError::Damaged { check }),
    }
}

/// Gives the complete copy its name, on disk. A link, unlike a new name, replaces no file that was created meanwhile.
fn publish(draft: &Path, target: &Path) -> io::Result<()> {
    File::open(draft)?.sync_all()?;
    fs::hard_link(draft, target)?;
    fs::remove_file(draft)?;
    match target.parent().map(File::open) {
        Some(folder) => folder?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_created_while_the_copy_was_made_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (draft, target) = (folder.path().join("copy.db.partial"), folder.path().join("copy.db"));
        fs::write(&draft, "the copy").unwrap();
        fs::write(&target, "another file").unwrap();
        assert_eq!(publish(&draft, &target).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&target).unwrap(), "another file");
        fs::remove_file(&target).unwrap();
        publish(&draft, &target).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "the copy");
        assert!(!draft.exists());
    }
}
