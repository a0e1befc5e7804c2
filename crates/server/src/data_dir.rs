//! The data directory: the embedded store, the generated signing key, and their locks.

mod key;
mod locks;

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use auth_domain::ports::Entropy;

use crate::config::Secret;
use crate::failure::Failure;
pub(crate) use locks::DirLocks;

#[cfg(test)]
mod tests;

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;

/// What happens to a data directory, a key or a store that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// `serve` and `migrate` make it.
    Create,
    /// Every other command fails: it was started in the wrong folder, or before the first start.
    Fail,
}

/// A directory of mode 0700 whose files have mode 0600.
pub(crate) struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Opens the directory.
    pub(crate) fn open(path: &Path, missing: Missing) -> Result<Self, Failure> {
        match missing {
            Missing::Create => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
                made.map_err(|error| unusable(path, &error))?;
            }
            Missing::Fail if !path.is_dir() => return Err(no_store(path)),
            Missing::Fail => {}
        }
        let mode = mode(path).map_err(|error| unusable(path, &error))?;
        if mode & OTHERS != 0 {
            return Err(Failure::Startup(format!(
                "the data directory {} is open to others (mode {mode:04o}), and the signing key is in it; run `chmod 700` \
                 on it, or set HOOKSENTRY_AUTH__DATA_DIR to a directory inside it. On a volume without permissions (exFAT, \
                 SMB) mount it for this user alone (umask=077)",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Returns where the embedded store is.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("auth.db")
    }

    /// Claims the directory for this server; a second one on the same directory is rejected.
    ///
    /// The first start ends with [`DirLocks::first_start_is_over`].
    pub(crate) fn lock_for_serving(&self) -> Result<DirLocks, Failure> {
        DirLocks::for_serving(&self.path)
    }

    /// Keeps a first start from happening until the result is dropped.
    pub(crate) fn lock_for_setup(&self, missing: Missing) -> Result<DirLocks, Failure> {
        DirLocks::for_setup(&self.path, missing)
    }

    /// Reads the signing key, and makes one if there is neither a key nor a store.
    ///
    /// With [`Missing::Create`], the caller must hold one of the locks.
    pub(crate) fn signing_key(&self, entropy: &dyn Entropy, missing: Missing) -> Result<Secret, Failure> {
        let path = self.path.join("jwt.key");
        if exists(&path)? {
            return key::read(&path);
        }
        if exists(&self.database())? {
            return Err(key::lost(&path, &self.database()));
        }
        match missing {
            Missing::Create => {
                key::make(&self.path, &path, entropy)?;
                key::read(&path)
            }
            Missing::Fail => Err(no_store(&self.path)),
        }
    }
}

fn exists(path: &Path) -> Result<bool, Failure> {
    path.try_exists().map_err(|error| Failure::Startup(format!("{} cannot be read: {error}", path.display())))
}

fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}

fn no_store(path: &Path) -> Failure {
    // The likely mistake is a relative path in another working directory.
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Failure::Startup(format!(
        "there is no store in the data directory {}; run `migrate` first, which makes it. If a server runs already, give \
         this command the same HOOKSENTRY_AUTH__DATA_DIR, and start it in the same folder",
        shown.display()
    ))
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::Startup(format!(
        "the data directory {} cannot be used: {error}; set HOOKSENTRY_AUTH__DATA_DIR to a directory that this user \
         can write",
        path.display()
    ))
}
