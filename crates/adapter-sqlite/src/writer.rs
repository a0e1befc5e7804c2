//! The one thread that writes: whatever has queued up is one transaction, answered after its commit.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use auth_domain::ports::Clock;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;

use crate::connection::{Role, connect};
use crate::error::StoreError;
use crate::job::{Job, Jobs};

/// The most steps that share one transaction: beyond it a larger group gains little and waits longer.
const GROUP: usize = 128;

/// After so many steps the log is worth moving into the database.
const STEPS_PER_CHECKPOINT: usize = 512;

/// Owns the writing connection.
pub(crate) struct Writer {
    /// `None` after a failed transaction: the next group begins with a new connection.
    connection: Option<SqliteConnection>,
    path: String,
    clock: Arc<dyn Clock>,
    checkpoint: SyncSender<()>,
    steps: usize,
}

impl Writer {
    pub(crate) fn new(
        connection: SqliteConnection,
        path: String,
        clock: Arc<dyn Clock>,
        checkpoint: SyncSender<()>,
    ) -> Self {
        Self { connection: Some(connection), path, clock, checkpoint, steps: 0 }
    }

    /// Works until the queue is closed and empty.
    pub(crate) fn run(mut self, jobs: &Jobs) {
        while let Some(mut group) = jobs.take(GROUP) {
            let undone = self.commit(&mut group).err().map(|error| error.to_string());
            for job in group {
                job.answer(undone.as_deref());
            }
        }
    }

    fn commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.path, Role::Writer)?,
        };
        let begun = connection.batch_execute("BEGIN IMMEDIATE");
        let committed = match &begun {
            Ok(()) => self.run_group(&mut connection, group),
            Err(_) => Ok(()),
        };
        // A connection that failed within a transaction is closed, which undoes whatever is left of it.
        if committed.is_ok() {
            self.connection = Some(connection);
        }
        Ok(begun.and(committed)?)
    }

    fn run_group(
        &mut self,
        connection: &mut SqliteConnection,
        group: &mut [Box<dyn Job>],
    ) -> diesel::QueryResult<()> {
        for job in &mut *group {
            if job.begin(self.clock.instant()) {
                run_alone(connection, &mut **job)?;
            }
        }
        connection.batch_execute("COMMIT")?;
        self.count(group.len());
        Ok(())
    }

    fn count(&mut self, steps: usize) {
        self.steps += steps;
        if self.steps >= STEPS_PER_CHECKPOINT {
            self.steps = 0;
            // A full channel means that a checkpoint has been asked for already.
            let _ = self.checkpoint.try_send(());
        }
    }
}

/// Runs one step so that its failure undoes this step and no other.
///
/// Some failures (a full disk) make SQLite drop the whole transaction by itself. Then there is no
/// savepoint to go back to, the error of that ends the group, and no later step runs outside of it.
fn run_alone(connection: &mut SqliteConnection, job: &mut dyn Job) -> diesel::QueryResult<()> {
    connection.batch_execute("SAVEPOINT step")?;
    if !job.run(connection) {
        connection.batch_execute("ROLLBACK TO step")?;
    }
    connection.batch_execute("RELEASE step")
}
