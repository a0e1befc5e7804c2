//! The data directory: the embedded store, the generated signing key, and who may serve on them.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use auth_domain::ports::Entropy;
use zeroize::Zeroizing;

use crate::config::Secret;
use crate::failure::{Failure, chain};

#[cfg(test)]
mod tests;

/// The bytes of chance in a generated signing key; twice as many characters.
const KEY_BYTES: usize = 32;

/// A directory of mode 0700 whose files have mode 0600.
pub(crate) struct DataDir {
    path: PathBuf,
}

/// Held as long as this process serves on the directory.
pub(crate) struct ServeLock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

impl DataDir {
    /// Opens the directory, and makes it when missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| refusal(path, &error))?;
        let mode = fs::metadata(path).map_err(|error| refusal(path, &error))?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(event = "data_dir_open", data_dir = %path.display(), "others can enter the data directory; run chmod 700 on it");
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Returns where the embedded store is.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("auth.db")
    }

    /// Claims the directory for this server; a second one on the same directory is refused.
    pub(crate) fn lock(&self) -> Result<ServeLock, Failure> {
        let path = self.path.join("serve.lock");
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.map_err(|error| refusal(&self.path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(ServeLock(file)),
            Err(TryLockError::WouldBlock) => Err(Failure::Startup(format!(
                "another server is running on the data directory {}; stop it, or set HOOKSENTRY_AUTH__DATA_DIR to \
                 another directory",
                self.path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(refusal(&self.path, &error)),
        }
    }

    /// Reads the signing key, and makes one when there is none yet.
    pub(crate) fn signing_key(&self, entropy: &dyn Entropy) -> Result<Secret, Failure> {
        let path = self.path.join("jwt.key");
        let complain = |error: io::Error| {
            Failure::Startup(format!("the signing key {} cannot be used: {error}", path.display()))
        };
        if !path.try_exists().map_err(complain)? {
            self.make_key(&path, entropy)?;
        }
        let text = Zeroizing::new(fs::read_to_string(&path).map_err(complain)?);
        Ok(Secret::new(text.trim().to_owned()))
    }

    /// Writes a whole key beside the final name and links it there, so that a crash leaves no half
    /// key and two processes that start at once agree on one.
    fn make_key(&self, path: &Path, entropy: &dyn Entropy) -> Result<(), Failure> {
        let mut chance = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(&mut *chance).map_err(|error| Failure::Startup(chain(&error)))?;
        let mut key = Zeroizing::new(String::with_capacity(2 * KEY_BYTES));
        for byte in chance.iter() {
            key.extend(
                [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0')),
            );
        }
        let draft = self.path.join(format!("jwt.key.{}", std::process::id()));
        let written = write_synced(&draft, key.as_bytes()).and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
        let removed = fs::remove_file(&draft);
        let synced = File::open(&self.path).and_then(|directory| directory.sync_all());
        written.and(removed).and(synced).map_err(|error| refusal(&self.path, &error))
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn refusal(path: &Path, error: &io::Error) -> Failure {
    Failure::Startup(format!(
        "the data directory {} cannot be used: {error}; set HOOKSENTRY_AUTH__DATA_DIR to a directory that this user \
         can write",
        path.display()
    ))
}
