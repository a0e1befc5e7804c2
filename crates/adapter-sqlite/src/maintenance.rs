//! The thread that deletes expired rows.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::{Event, to_unix_microseconds};
use auth_domain::ports::{Clock, PortError};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use diesel::SqliteConnection;
use tracing::warn;

use crate::cleanup::{Expired, Search};
use crate::clock_jumps::ClockJumps;
use crate::job_queue::JobQueue;

/// The time that a deletion may wait for its turn.
const DELETE_TIMEOUT: Duration = Duration::from_secs(5);

/// The owner of the connection that searches for expired rows.
pub(crate) struct Maintenance {
    pub(crate) connection: SqliteConnection,
    /// The time between two searches.
    pub(crate) interval: Duration,
    pub(crate) search: Search,
    pub(crate) clock_jumps: ClockJumps,
    pub(crate) writes: Arc<JobQueue>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Maintenance {
    /// Searches once in every interval, until `running` is disconnected: the checkpointer has ended.
    pub(crate) fn run(mut self, running: &Receiver<Infallible>) {
        while running.recv_timeout(self.interval) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.clean_up() {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(event = Event::CleanupFailed.name(), %error, cause, "expired rows of the embedded store could not be deleted");
            }
        }
    }

    fn clean_up(&mut self) -> Result<(), PortError> {
        let now = to_unix_microseconds(self.clock.now());
        let time = self.clock_jumps.cleanup_time(self.clock.instant(), now);
        let found = self.search.run(&mut self.connection, time)?;
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
