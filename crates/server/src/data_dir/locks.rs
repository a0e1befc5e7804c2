//! Locks on the data directory: one for the server, and one for the creation of files and of the bootstrap owner.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::errors::unusable;
use super::missing::Missing;
use crate::command_error::CommandError;

/// The timeout for the setup lock. Its holder creates the store and hashes one password.
const SETUP_TIMEOUT: Duration = Duration::from_secs(30);

/// The name of the lock file of the server.
pub(super) const SERVER_LOCK: &str = "serve.lock";

/// The locks that this process holds.
pub(crate) struct DirLocks {
    _serving: Option<File>,
    setup: Option<File>,
}

impl DirLocks {
    pub(super) fn for_serving(folder: &Path) -> Result<Self, CommandError> {
        let file = open(folder, SERVER_LOCK, Missing::Create).map_err(|error| unusable(folder, &error))?;
        match file.as_ref().map_or(Ok(()), File::try_lock) {
            Ok(()) => Ok(Self { _serving: file, ..Self::for_setup(folder, Missing::Create)? }),
            Err(TryLockError::WouldBlock) => Err(CommandError::Failed(format!(
                "another server uses the data directory {}; stop it, or set HOOKSENTRY_AUTH__DATA_DIR to \
                 another directory",
                folder.display()
            ))),
            Err(TryLockError::Error(error)) => Err(unusable(folder, &error)),
        }
    }

    pub(super) fn for_setup(folder: &Path, missing: Missing) -> Result<Self, CommandError> {
        let opened = open(folder, "setup.lock", missing).map_err(|error| unusable(folder, &error))?;
        // A first start creates this file. Without it, none is running.
        let setup = opened.map(|file| lock_within(file, SETUP_TIMEOUT)).transpose();
        match setup.map_err(|error| unusable(folder, &error))? {
            None => Ok(Self { _serving: None, setup: None }),
            Some(Some(file)) => Ok(Self { _serving: None, setup: Some(file) }),
            Some(None) => Err(CommandError::Failed(format!(
                "another process has held the lock setup.lock in the data directory {} for {} seconds; check whether it hangs, and \
                 try again",
                folder.display(),
                SETUP_TIMEOUT.as_secs()
            ))),
        }
    }

    /// Releases the setup lock, so that other processes can create users.
    pub(crate) fn release_setup(&mut self) {
        self.setup = None;
    }
}

fn open(folder: &Path, name: &str, missing: Missing) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create(missing == Missing::Create).truncate(false).mode(0o600);
    match options.open(folder.join(name)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound && missing == Missing::Fail => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the locked file, or `None` if another process holds the lock for longer than `timeout`.
fn lock_within(file: File, timeout: Duration) -> io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => return Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // The operating system has no lock with a timeout. A thread that still waits ends with the process.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(file.lock().map(|()| file)));
    receiver.recv_timeout(timeout).ok().transpose()
}
