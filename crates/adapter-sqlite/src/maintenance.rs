//! The upkeep of the file, away from the writer: moving the log into the database, and rubbish.

use auth_domain::model::to_unix_microseconds;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use auth_domain::ports::{Clock, PortError};
use diesel::connection::SimpleConnection;
use diesel::{QueryResult, SqliteConnection};
use tracing::warn;

use crate::config::SqliteConfig;
use crate::files::beside;
use crate::job::{Jobs, submit};
use crate::rubbish::{Found, Search};

/// Beyond this size of the log, writers wait for it to be emptied.
const LOG_BOUND: u64 = 64 * 1024 * 1024;

/// How long the deletion of rubbish may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// Owns the connection that checkpoints.
pub(crate) struct Maintenance {
    connection: SqliteConnection,
    log: PathBuf,
    interval: Duration,
    search: Search,
    writes: Arc<Jobs>,
    clock: Arc<dyn Clock>,
}

impl Maintenance {
    pub(crate) fn new(
        connection: SqliteConnection,
        path: &Path,
        config: &SqliteConfig,
        writes: Arc<Jobs>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let search = Search::new(config.login_window);
        let interval = config.maintenance_interval;
        Self { connection, log: beside(path, "-wal"), interval, search, writes, clock }
    }

    /// Works whenever the writer asks, and once in every interval, until the writer is gone.
    pub(crate) fn run(mut self, asked: &Receiver<()>) {
        let mut swept = self.clock.instant();
        loop {
            match asked.recv_timeout(self.interval) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Err(error) = self.checkpoint() {
                warn!(event = "checkpoint_failed", %error, "the log of the embedded store could not be moved into the database");
            }
            swept = self.sweep_if_due(swept);
        }
    }

    /// Takes what it can without holding anyone up; more only when the log grows beyond its bound.
    fn checkpoint(&mut self) -> QueryResult<()> {
        self.connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
        let size = fs::metadata(&self.log).map_or(0, |metadata| metadata.len());
        if size <= LOG_BOUND {
            return Ok(());
        }
        self.connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    fn sweep_if_due(&mut self, swept: Instant) -> Instant {
        let now = self.clock.instant();
        if now.saturating_duration_since(swept) < self.interval {
            return swept;
        }
        if let Err(error) = self.sweep() {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            warn!(event = "cleanup_failed", %error, cause, "expired rows of the embedded store could not be deleted");
        }
        now
    }

    fn sweep(&mut self) -> Result<(), PortError> {
        let found = self.search.run(&mut self.connection, to_unix_microseconds(self.clock.now()))?;
        for rubbish in found {
            while self.delete(rubbish.clone())? {}
        }
        Ok(())
    }

    fn delete(&self, rubbish: Found) -> Result<bool, PortError> {
        let deadline = self.clock.instant() + PATIENCE;
        submit(&self.writes, deadline, move |connection| rubbish.delete(connection))?.blocking()
    }
}
