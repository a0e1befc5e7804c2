//! The kinds of commands that need the stores.

use crate::data_dir::Missing;
use crate::worker_threads::worker_threads;

/// What the parts are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The server: it locks the data directory, and checks the integrity of the embedded store.
    Serve {
        /// The number of worker threads, which have connections of their own.
        workers: usize,
    },
    /// `migrate`: it creates the data directory and migrates the stores.
    Migrate,
    /// One administrative command, while a server may use the same stores.
    Administer,
    /// `doctor`: like a command, and it checks the integrity of the embedded store.
    Diagnose,
}

impl Purpose {
    /// Returns what happens if the data directory or the embedded store is missing.
    pub(super) const fn missing(self) -> Missing {
        match self {
            Self::Serve { .. } | Self::Migrate => Missing::Create,
            Self::Administer | Self::Diagnose => Missing::Fail,
        }
    }

    /// Returns the number of worker threads. `doctor` counts the connections that a server would open.
    pub(super) fn workers(self) -> usize {
        match self {
            Self::Serve { workers } => workers,
            Self::Diagnose => worker_threads(),
            Self::Migrate | Self::Administer => 0,
        }
    }
}
