//! Locks on the data directory: one server at a time, and one first start at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Missing, unusable};
use crate::failure::Failure;

/// How long another first start may take: it makes the store and hashes one password.
const FIRST_START: Duration = Duration::from_secs(30);

/// Locks that this process holds until it ends.
pub(crate) struct DirLocks {
    _serving: Option<File>,
    setup: Option<File>,
}

impl DirLocks {
    pub(super) fn for_serving(folder: &Path) -> Result<Self, Failure> {
        let file = open(folder, "serve.lock", Missing::Create).map_err(|error| unusable(folder, &error))?;
        match file.as_ref().map_or(Ok(()), File::try_lock) {
            Ok(()) => Ok(Self { _serving: file, ..Self::for_setup(folder, Missing::Create)? }),
            Err(TryLockError::WouldBlock) => Err(Failure::Startup(format!(
                "another server is running on the data directory {}; stop it, or set HOOKSENTRY_AUTH__DATA_DIR to \
                 another directory",
                folder.display()
            ))),
            Err(TryLockError::Error(error)) => Err(unusable(folder, &error)),
        }
    }

    pub(super) fn for_setup(folder: &Path, missing: Missing) -> Result<Self, Failure> {
        let opened = open(folder, "setup.lock", missing).map_err(|error| unusable(folder, &error))?;
        // A first start creates this file. Without it, no first start is under way.
        let setup = opened.map(|file| lock_within(file, FIRST_START)).transpose();
        match setup.map_err(|error| unusable(folder, &error))? {
            None => Ok(Self { _serving: None, setup: None }),
            Some(Some(file)) => Ok(Self { _serving: None, setup: Some(file) }),
            Some(None) => Err(Failure::Startup(format!(
                "another process has been setting up the data directory {} for {} seconds; see whether it hangs, and try \
                 again",
                folder.display(),
                FIRST_START.as_secs()
            ))),
        }
    }

    /// Lets other processes add users: the bootstrap owner is made, or there is no need for one.
    pub(crate) fn first_start_is_over(&mut self) {
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

/// Returns the locked file, or nothing if another process holds it for longer than `limit`.
fn lock_within(file: File, limit: Duration) -> io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => return Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // The system has no lock with a timeout; a thread that still waits ends with the process.
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(file.lock().map(|()| file)));
    receiver.recv_timeout(limit).ok().transpose()
}
