//! The thread that deletes expired rows, and corrects times of a wrong clock.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::Event;
use auth_domain::ports::{Clock, PortError};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use diesel::SqliteConnection;
use tracing::warn;

use crate::cleanup::Search;
use crate::clock_jumps::ClockJumps;
use crate::clock_watch::ClockWatch;
use crate::corrections::Corrections;
use crate::error::StoreError;
use crate::job_queue::JobQueue;

/// The time that a deletion may wait for its turn.
const DELETE_TIMEOUT: Duration = Duration::from_secs(5);

/// The owner of the connection that searches for expired rows.
pub(crate) struct Maintenance {
    pub(crate) connection: SqliteConnection,
    /// The time between two searches.
    pub(crate) interval: Duration,
    pub(crate) search: Search,
    /// `None` in a process that is not the server.
    pub(crate) corrections: Option<Corrections>,
    pub(crate) clock_watch: Arc<ClockWatch>,
    pub(crate) writes: Arc<JobQueue>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Maintenance {
    /// Searches once in every interval, until `running` is disconnected: the checkpointer has ended.
    pub(crate) fn run(mut self, running: &Receiver<Infallible>) {
        while running.recv_timeout(self.interval) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.work() {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(event = Event::CleanupFailed.name(), %error, cause, "expired rows of the embedded store could not be deleted");
            }
        }
    }

    /// Does both, also if the first fails: a row that cannot be read must not stop the cleanup.
    fn work(&mut self) -> Result<(), PortError> {
        let corrected = self.correct();
        corrected.and(self.clean_up())
    }

    /// Corrects stored times first: what a wrong clock has stored must not be deleted by its time.
    fn correct(&mut self) -> Result<(), PortError> {
        let Some(corrections) = &mut self.corrections else { return Ok(()) };
        let instant = self.clock.instant();
        let found = self.clock_watch.sample(|jumps| corrections.begin(jumps, instant));
        for correction in corrections.find(&mut self.connection, found)? {
            let write = move |connection: &mut SqliteConnection| correction.apply(connection);
            Self::write(&self.writes, &*self.clock, write)?;
        }
        Ok(())
    }

    fn clean_up(&mut self) -> Result<(), PortError> {
        let Some(time) = self.clock_watch.sample(ClockJumps::cleanup_time) else { return Ok(()) };
        for expired in self.search.run(&mut self.connection, time)? {
            let write = move |connection: &mut SqliteConnection| expired.delete(connection);
            Self::write(&self.writes, &*self.clock, write)?;
        }
        Ok(())
    }

    /// Repeats a write until it is done.
    fn write(
        writes: &JobQueue,
        clock: &dyn Clock,
        work: impl Fn(&mut SqliteConnection) -> Result<bool, StoreError> + Clone + Send + 'static,
    ) -> Result<(), PortError> {
        while writes.submit(clock.instant() + DELETE_TIMEOUT, work.clone())?.blocking()? {}
        Ok(())
    }
}
