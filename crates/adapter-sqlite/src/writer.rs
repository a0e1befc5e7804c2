//! The thread that writes: all waiting jobs share one transaction, and are answered after its commit.

use std::iter;
use std::sync::Arc;
use std::time::Instant;

use auth_domain::observation::{Operation, RoundTrips};
use auth_domain::ports::{Clock, PortError};
use crossbeam_channel::Sender;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;

use crate::checkpoint::{checkpoint, log_failure};
use crate::checkpointer::Restart;
use crate::connection::{Role, connect};
use crate::error::StoreError;
use crate::job::Job;
use crate::job_queue::Jobs;
use crate::savepoint::in_savepoint;
use crate::store_files::StoreFiles;

/// The most jobs in one transaction. More jobs gain little and wait longer.
const GROUP: usize = 128;

/// The number of jobs after which the writer asks for a checkpoint.
const JOBS_PER_CHECKPOINT: usize = 512;

/// The owner of the writing connection.
pub(crate) struct Writer {
    /// `None` after a failed transaction: the next group starts with a new connection.
    connection: Option<SqliteConnection>,
    path: String,
    files: Arc<StoreFiles>,
    clock: Arc<dyn Clock>,
    /// Requests to the checkpointer, which ends when this is dropped: after the connection.
    checkpoint: Sender<()>,
    restart: Restart,
    jobs: usize,
    round_trips: RoundTrips,
}

impl Writer {
    pub(crate) fn new(
        connection: SqliteConnection,
        path: String,
        files: Arc<StoreFiles>,
        clock: Arc<dyn Clock>,
        checkpoint: Sender<()>,
        restart: Restart,
    ) -> Self {
        Self {
            connection: Some(connection),
            path,
            files,
            clock,
            checkpoint,
            restart,
            jobs: 0,
            round_trips: RoundTrips::default(),
        }
    }

    /// Reports each commit.
    pub(crate) fn reporting_to(self, round_trips: RoundTrips) -> Self {
        Self { round_trips, ..self }
    }

    /// Runs jobs until the queue is closed and empty.
    pub(crate) fn run(mut self, jobs: &Jobs) {
        while let Ok(first) = jobs.recv() {
            let mut group: Vec<_> = iter::once(first).chain(jobs.try_iter()).take(GROUP).collect();
            let started = self.clock.instant();
            let failure = self.commit(&mut group).err();
            self.report(group.len(), failure.as_ref(), started);
            if failure.is_some() {
                // If the log was removed, this saves what it contains.
                self.request_checkpoint();
            }
            for job in group {
                job.answer(failure.as_ref());
            }
            self.finish_checkpoint();
        }
    }

    fn report(&self, jobs: usize, failure: Option<&PortError>, started: Instant) {
        let time = self.clock.instant().saturating_duration_since(started);
        let outcome = failure.map_or(Ok(()), |error| Err(error.kind()));
        self.round_trips.record(Operation::Commit, outcome, time);
        self.round_trips.batch(Operation::Commit, jobs);
    }

    /// Copies the last pages of the log if the checkpointer requested it: the next group then overwrites the log.
    fn finish_checkpoint(&mut self) {
        let (Some(connection), true) = (&mut self.connection, self.restart.take()) else { return };
        let checked = self.files.check_before_checkpoint().map_err(StoreError::from);
        if let Err(error) = checked.and_then(|()| Ok(checkpoint(connection)?)) {
            log_failure(&error);
        }
    }

    /// Runs a group. The files are checked before, so that nothing is written into a wrong file, and after the commit, so that
    /// nothing is acknowledged that is in a file which was removed meanwhile. Such a file may come back with what was written.
    fn commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), PortError> {
        self.transact(group).map_err(|error| match error {
            StoreError::Commit(_) => PortError::from(error),
            // Whatever the cause, nothing was written.
            other => PortError::unavailable(other.to_string()),
        })?;
        self.files.check().map_err(PortError::unanswered)
    }

    fn transact(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        self.files.check()?;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reconnect()?,
        };
        self.run_group(&mut connection, group)?;
        // A connection that failed is closed, which rolls a transaction back. Its successor can write again to a disk that was
        // read-only when this one was opened.
        self.connection = Some(connection);
        Ok(())
    }

    fn reconnect(&self) -> Result<SqliteConnection, StoreError> {
        let connection = connect(&self.path, Role::Writer)?;
        // It may have opened other files than the other connections have.
        self.files.check()?;
        Ok(connection)
    }

    fn run_group(
        &mut self,
        connection: &mut SqliteConnection,
        group: &mut [Box<dyn Job>],
    ) -> Result<(), StoreError> {
        connection.batch_execute("BEGIN IMMEDIATE")?;
        for job in &mut *group {
            if job.start(self.clock.instant()) {
                in_savepoint(connection, |connection| job.run(connection))?;
            }
        }
        connection.batch_execute("COMMIT").map_err(StoreError::of_commit)?;
        self.count(group.len());
        Ok(())
    }

    fn count(&mut self, jobs: usize) {
        self.jobs += jobs;
        if self.jobs >= JOBS_PER_CHECKPOINT {
            self.jobs = 0;
            self.request_checkpoint();
        }
    }

    fn request_checkpoint(&self) {
        // If the channel is full, a checkpoint has been requested already.
        let _ = self.checkpoint.try_send(());
    }
}
