//! The location of the database, and how it is opened.

use std::path::PathBuf;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
const MONTH: Duration = Duration::from_hours(30 * 24);

/// The location of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The database file. It is created with mode 0600, and a folder that is created has mode 0700.
    pub path: PathBuf,
    /// The lock file of the server. Without it, another server could start on the database; so the database is not used while the
    /// file is missing. `None` if the process is not the server.
    pub server_lock: Option<PathBuf>,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenMode {
    /// Whether a missing database and its folder are created; otherwise opening fails.
    pub create_missing: bool,
    /// Whether the whole file is checked for damage. This takes seconds for a large file.
    pub check_integrity: bool,
    /// Whether this process marks the file, which shows whether another program has overwritten it, and corrects stored times of a
    /// wrong clock. Only one process may: the server.
    pub mark: bool,
    /// The time between two searches for expired rows.
    pub cleanup_interval: Duration,
    /// The lifetime of access tokens and the margin of the denylist: the time without deletions after the database was opened,
    /// perhaps with a clock that is ahead.
    pub start_pause: Duration,
    /// The time for which nothing is deleted because of a jump of the clock ahead, also over restarts: no less than
    /// `start_pause`, the lifetime of refresh tokens, and the time for which addresses are known.
    pub clock_jump_window: Duration,
}

impl SqliteConfig {
    /// The configuration for the file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), server_lock: None }
    }
}

impl Default for OpenMode {
    fn default() -> Self {
        Self {
            create_missing: true,
            check_integrity: false,
            mark: false,
            cleanup_interval: Duration::from_secs(5),
            start_pause: DAY,
            clock_jump_window: MONTH,
        }
    }
}
