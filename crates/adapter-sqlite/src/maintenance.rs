//! Maintenance: checkpoints of the write-ahead log, and the cleanup of expired rows.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::model::{Event, to_unix_microseconds};
use auth_domain::ports::{Clock, PortError};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use diesel::connection::SimpleConnection;
use diesel::{QueryResult, SqliteConnection};
use tracing::warn;

use crate::cleanup::{Expired, Search};
use crate::job_queue::JobQueue;

/// The size of the write-ahead log above which writers wait until it is empty.
const MAX_LOG_BYTES: u64 = 64 * 1024 * 1024;

/// The time that a deletion may wait for its turn.
const DELETE_TIMEOUT: Duration = Duration::from_secs(5);

/// The owner of the connection that checkpoints.
pub(crate) struct Maintenance {
    pub(crate) connection: SqliteConnection,
    /// The file of the write-ahead log.
    pub(crate) log: PathBuf,
    /// The time between two searches.
    pub(crate) interval: Duration,
    pub(crate) search: Search,
    pub(crate) writes: Arc<JobQueue>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Maintenance {
    /// Works at each request of the writer and once in every interval, until the writer has ended.
    pub(crate) fn run(mut self, requests: &Receiver<()>) {
        let mut searched = self.clock.instant();
        loop {
            match requests.recv_timeout(self.interval) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Err(error) = self.checkpoint() {
                warn!(event = Event::CheckpointFailed.name(), %error, "the write-ahead log of the embedded store could not be checkpointed");
            }
            searched = self.clean_up_if_due(searched);
        }
    }

    /// Checkpoints without delaying others; a log above its limit is emptied, and writers wait for that.
    fn checkpoint(&mut self) -> QueryResult<()> {
        self.connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
        let size = fs::metadata(&self.log).map_or(0, |metadata| metadata.len());
        if size <= MAX_LOG_BYTES {
            return Ok(());
        }
        self.connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    fn clean_up_if_due(&mut self, searched: Instant) -> Instant {
        let now = self.clock.instant();
        if now.saturating_duration_since(searched) < self.interval {
            return searched;
        }
        if let Err(error) = self.clean_up() {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            warn!(event = Event::CleanupFailed.name(), %error, cause, "expired rows of the embedded store could not be deleted");
        }
        now
    }

    fn clean_up(&mut self) -> Result<(), PortError> {
        let found = self.search.run(&mut self.connection, to_unix_microseconds(self.clock.now()))?;
        for expired in found {
            while self.delete(expired.clone())? {}
        }
        Ok(())
    }

    fn delete(&self, expired: Expired) -> Result<bool, PortError> {
        let deadline = self.clock.instant() + DELETE_TIMEOUT;
        self.writes.submit(deadline, move |connection| expired.delete(connection))?.blocking()
    }
}
