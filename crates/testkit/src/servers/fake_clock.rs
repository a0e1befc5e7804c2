//! A clock of some processes that differs from the clock of the machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

/// The time of day of the processes that are started with its wrapper: that of the machine plus a difference, which can change
/// while they run. Their monotonic clock is the real one.
#[derive(Debug)]
pub struct FakeClock(TempDir);

impl FakeClock {
    /// Creates a clock without a difference.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Servers with a user of their own read the file, too.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a folder of ours");
        let clock = Self(folder);
        clock.set(0);
        clock
    }

    /// Sets the difference in seconds.
    pub fn set(&self, seconds: i64) {
        // Renamed, because the processes read the file at any time.
        let next = self.0.path().join("next");
        fs::write(&next, format!("{seconds:+}\n")).expect("a writable folder");
        fs::rename(next, self.file()).expect("a writable folder");
    }

    /// Returns the command that starts the program in its last arguments with this clock.
    ///
    /// # Panics
    /// If libfaketime is not installed.
    #[must_use]
    pub fn wrapper(&self) -> Vec<String> {
        self.preloading("")
    }

    /// Returns the command that starts a Redis server with this clock.
    ///
    /// # Panics
    /// If libfaketime is not installed.
    #[must_use]
    pub fn redis_wrapper(&self) -> Vec<String> {
        // The allocator of Redis reads the clock before libfaketime is ready; the one of glibc does not.
        self.preloading("libc_malloc_debug.so.0:")
    }

    fn preloading(&self, others: &str) -> Vec<String> {
        let folders = fs::read_dir("/usr/lib").expect("/usr/lib").flatten();
        let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
        let library = libraries.find(|library| library.is_file());
        let library = library.expect("the tests need libfaketime: run `apt-get install libfaketime`");
        vec![
            "env".to_owned(),
            format!("LD_PRELOAD={others}{}", library.display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", self.file().display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "DONT_FAKE_MONOTONIC=1".to_owned(),
        ]
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("clock")
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}
