//! What the embedded store is told.

use std::path::PathBuf;
use std::time::Duration;

/// Where the file is, and the numbers that its tables are kept by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The database file; made with mode 0600 when missing, its folder with mode 0700.
    pub path: PathBuf,
    /// How long a denylist entry outlives its token, since other verifiers allow for clock skew.
    pub denylist_margin: Duration,
    /// How many login failures one email or one address may have within the window.
    pub login_limit: u32,
    /// How long a login failure counts.
    pub login_window: Duration,
    /// Whether a missing database and its folder are created; otherwise opening fails.
    pub create_missing: bool,
    /// Whether opening reads the whole file for damage; it takes seconds on a large one.
    pub check_integrity: bool,
    /// How often expired rows are looked for.
    pub maintenance_interval: Duration,
}

impl SqliteConfig {
    /// Names the file and takes the usual numbers.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            denylist_margin: Duration::from_secs(305),
            login_limit: 10,
            login_window: Duration::from_mins(5),
            create_missing: true,
            check_integrity: false,
            maintenance_interval: Duration::from_secs(5),
        }
    }
}
