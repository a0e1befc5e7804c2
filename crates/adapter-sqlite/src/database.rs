//! The open database: two queues of jobs, and the threads that run them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::observation::{Operation, RoundTrips};
use auth_domain::ports::{Clock, PortError};
use crossbeam_channel::bounded;
use diesel::SqliteConnection;

use crate::checkpointer::{Checkpointer, LogGrowth, Restart};
use crate::cleanup::Search;
use crate::clock_jumps::{ClockJumps, Distrust};
use crate::clock_watch::{self, ClockWatch};
use crate::config::{OpenMode, SqliteConfig};
use crate::corrections::Corrections;
use crate::error::{ConfigError, StoreError};
use crate::job_queue::{JobQueue, Threads, job_queue};
use crate::login_retention::LoginRetention;
use crate::maintenance::Maintenance;
use crate::opening::{self, Opened};
use crate::reader;
use crate::writer::Writer;

#[cfg(test)]
mod tests;

/// The time that a caller waits past its deadline for a write that has started.
const GRACE: Duration = Duration::from_secs(2);

/// The embedded database, from which the ports are made.
///
/// A clone is another handle to the same database. Dropping the last handle closes the database.
#[derive(Clone)]
pub struct SqliteDatabase(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    reads: JobQueue,
    /// The queue of the writer. The maintenance thread uses it, too, and ends with it.
    writes: Arc<JobQueue>,
    login_retention: LoginRetention,
    clock_watch: Arc<ClockWatch>,
    round_trips: RoundTrips,
}

impl SqliteDatabase {
    /// Opens the database and applies the migrations that it lacks. Blocks until then, for some milliseconds.
    ///
    /// # Errors
    /// [`ConfigError`]. A file of another program and a damaged file stay as they are.
    pub fn open(config: &SqliteConfig, mode: OpenMode, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let mut opened = opening::open(config, mode)?;
        // If it cannot be read, the watch begins anew.
        let former = mode.mark.then(|| clock_watch::load(&mut opened.maintenance).ok().flatten()).flatten();
        let distrust = Distrust { after_start: mode.start_pause, after_jump: mode.clock_jump_window };
        let clock_watch = Arc::new(ClockWatch::new(Arc::clone(&clock), distrust, former));
        let (reads, read_threads) = job_queue();
        let (writes, write_threads) = job_queue();
        let (writes, login_retention) = (Arc::new(writes), LoginRetention::unknown());
        let shared =
            Shared { clock, reads, writes, login_retention, clock_watch, round_trips: RoundTrips::default() };
        let started = shared.start_threads(opened, mode, &read_threads, &write_threads);
        // If a thread cannot start, dropping `shared` waits until the others have ended: these are the last handles.
        drop((read_threads, write_threads));
        started?;
        Ok(Self(Arc::new(shared)))
    }

    /// Finishes the queued jobs and closes the file. Later calls are rejected. Blocks until then.
    pub fn close(&self) {
        self.0.close();
    }

    /// Reports of the calls, and of the commits that they share.
    #[must_use]
    pub fn round_trips(&self) -> &RoundTrips {
        &self.0.round_trips
    }

    /// Runs a job that only reads, concurrently with all others.
    pub(crate) async fn read<T, W>(
        &self,
        operation: Operation,
        request_time: RequestTime,
        work: W,
    ) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let (deadline, clock) = (request_time.deadline(), &*self.0.clock);
        let answer = async { self.0.reads.submit(deadline, work)?.read(clock).await };
        self.0.round_trips.time(operation, clock, PortError::kind, answer).await
    }

    /// Runs a job that writes, and returns when it is on disk.
    pub(crate) async fn write<T, W>(
        &self,
        operation: Operation,
        request_time: RequestTime,
        work: W,
    ) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let (deadline, clock) = (request_time.deadline(), &*self.0.clock);
        let answer = async { self.0.writes.submit(deadline, work)?.outcome(clock, GRACE).await };
        self.0.round_trips.time(operation, clock, PortError::kind, answer).await
    }

    /// How far ahead the clock may be of the time by which live access tokens were issued.
    pub(crate) fn clock_ahead(&self) -> Duration {
        self.0.clock_watch.sample(ClockJumps::ahead)
    }

    /// Lets the cleanup delete login failures that have left this window, and successes that are older than `known_for`.
    pub(crate) fn set_login_retention(&self, window: Duration, known_for: Option<Duration>) {
        self.0.login_retention.set(window, known_for);
    }
}

impl Shared {
    fn start_threads(
        &self,
        opened: Opened,
        mode: OpenMode,
        read_threads: &Threads,
        write_threads: &Threads,
    ) -> io::Result<()> {
        let files = Arc::new(opened.files);
        for connection in opened.readers {
            let (files, clock, jobs) = (files.clone(), Arc::clone(&self.clock), read_threads.jobs.clone());
            read_threads.start("sqlite-reader", move || reader::run(connection, &files, &*clock, &jobs))?;
        }
        let (checkpoint, requests) = bounded(1);
        let (restart, jobs) = (Restart::default(), write_threads.jobs.clone());
        let (clock, round_trips) = (Arc::clone(&self.clock), self.round_trips.clone());
        let writer =
            Writer::new(opened.writer, opened.path_text, files.clone(), clock, checkpoint, restart.clone())
                .reporting_to(round_trips);
        write_threads.start("sqlite-writer", move || writer.run(&jobs))?;
        let (running, checkpointer_runs) = bounded(0);
        let (connection, interval) = (opened.checkpointer, mode.cleanup_interval);
        let growth = LogGrowth::default();
        let checkpointer = Checkpointer { connection, files, interval, restart, growth, _running: running };
        write_threads.start("sqlite-checkpt", move || checkpointer.run(&requests))?;
        let maintenance = Maintenance {
            connection: opened.maintenance,
            interval,
            search: Search::new(self.login_retention.clone()),
            corrections: mode.mark.then(|| Corrections::new(mode.start_pause)),
            clock_watch: Arc::clone(&self.clock_watch),
            writes: Arc::clone(&self.writes),
            clock: Arc::clone(&self.clock),
        };
        write_threads.start("sqlite-maint", move || maintenance.run(&checkpointer_runs))
    }

    /// Ends the readers, then the writer, thereby the checkpointer, and thereby the maintenance. The last connection that is closed checkpoints the log,
    /// and two that are closed at the same time prevent each other from it.
    fn close(&self) {
        self.reads.close();
        self.writes.close();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}
