//! The data directory: the embedded store, the generated signing key, and their locks.

mod errors;
mod exists;
mod key;
mod locks;
mod missing;
mod permissions;
mod previous_key;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_domain::ports::Entropy;
use time::OffsetDateTime;

use crate::command_error::CommandError;
use crate::config::Secret;
use errors::{no_store, unusable};
use exists::exists;
pub(crate) use locks::DirLocks;
use locks::SERVER_LOCK;
pub(crate) use missing::Missing;
use permissions::{OTHERS, mode};
use previous_key::KeyFiles;
pub(crate) use previous_key::PreviousKey;

#[cfg(test)]
mod tests;

/// A directory of mode 0700 whose files have mode 0600.
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Opens the directory.
    pub(crate) fn open(path: &Path, missing: Missing) -> Result<Self, CommandError> {
        match missing {
            Missing::Create => {
                let created = DirBuilder::new().recursive(true).mode(0o700).create(path);
                created.map_err(|error| unusable(path, &error))?;
            }
            Missing::Fail if !path.is_dir() => return Err(no_store(path)),
            Missing::Fail => {}
        }
        let mode = mode(path).map_err(|error| unusable(path, &error))?;
        if mode & OTHERS != 0 {
            return Err(CommandError::Failed(format!(
                "other users can access the data directory {} (mode {mode:04o}), which contains the signing key; run `chmod 700` \
                 on it, or set HOOKSENTRY_AUTH__DATA_DIR to a directory inside it. A volume without permissions (exFAT, SMB) \
                 must be mounted for this user only (umask=077)",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Returns the path of the embedded store.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("auth.db")
    }

    /// Returns the path of the lock file that the server holds.
    pub(crate) fn server_lock(&self) -> PathBuf {
        self.path.join(SERVER_LOCK)
    }

    /// Returns the path of the generated signing key.
    pub(crate) fn key(&self) -> PathBuf {
        self.path.join("jwt.key")
    }

    /// Locks the directory for this server; a second server on the same directory is rejected.
    ///
    /// The setup lock is held, too, until [`DirLocks::release_setup`].
    pub(crate) fn lock_for_serving(&self) -> Result<DirLocks, CommandError> {
        DirLocks::for_serving(&self.path)
    }

    /// Takes the setup lock, which prevents a first start until the result is dropped.
    pub(crate) fn lock_for_setup(&self, missing: Missing) -> Result<DirLocks, CommandError> {
        DirLocks::for_setup(&self.path, missing)
    }

    /// Returns the signing key. It is generated if there is neither a key nor a store.
    ///
    /// With [`Missing::Create`], the caller must hold the setup lock.
    pub(crate) fn signing_key(
        &self,
        entropy: &dyn Entropy,
        missing: Missing,
    ) -> Result<Secret, CommandError> {
        let path = self.key();
        if exists(&path)? {
            return key::read(&path);
        }
        if exists(&self.database())? {
            return Err(key::missing(&path, &self.database()));
        }
        match missing {
            Missing::Create => {
                key::generate(&self.path, &path, entropy)?;
                key::read(&path)
            }
            Missing::Fail => Err(no_store(&self.path)),
        }
    }

    /// Replaces the signing key by a new one, which the next start of the server uses.
    ///
    /// The caller must hold the setup lock.
    pub(crate) fn rotate_key(&self, now: OffsetDateTime, entropy: &dyn Entropy) -> Result<(), CommandError> {
        KeyFiles::of(&self.path, self.key()).rotate(now, entropy)
    }

    /// Returns the key that verifies besides the signing key of a server that starts now.
    ///
    /// # Parameters
    /// - `lifetime`: the time for which tokens of the previous key may be valid.
    pub(crate) fn previous_key(
        &self,
        now: OffsetDateTime,
        lifetime: Duration,
        entropy: &dyn Entropy,
    ) -> Result<Option<PreviousKey>, CommandError> {
        KeyFiles::of(&self.path, self.key()).previous_of_server(now, lifetime, entropy)
    }
}
