//! The open database: two queues, and the threads that empty them.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, Clock, PortError};
use diesel::dsl::exists;
use diesel::{QueryDsl, RunQueryDsl, SqliteConnection};

use crate::config::SqliteConfig;
use crate::error::{OpenError, StoreError};
use crate::job::{Jobs, submit};
use crate::maintenance::Maintenance;
use crate::opening::{self, Opened};
use crate::readers;
use crate::readiness::{self, OpenedFile};
use crate::schema::tenants;
use crate::threads::Threads;
use crate::user_repository;
use crate::writer::Writer;

#[cfg(test)]
mod tests;

/// How many steps may wait; at a group of 128 this is a few hundredths of a second of work.
const CAPACITY: usize = 4_096;

/// How long a caller goes on waiting for a write that had begun when its deadline passed.
const GRACE: Duration = Duration::from_secs(2);

/// The embedded database, shared by the ports that are made from it.
///
/// A clone is another handle on the same database. Dropping the last one closes it.
#[derive(Clone)]
pub struct SqliteDatabase(Arc<Shared>);

struct Shared {
    config: SqliteConfig,
    file: OpenedFile,
    clock: Arc<dyn Clock>,
    writes: Arc<Jobs>,
    reads: Arc<Jobs>,
    reading: Threads,
    /// The writer and the maintenance.
    writing: Threads,
}

impl SqliteDatabase {
    /// Opens the database, makes it where it is missing, and brings its schema up to date.
    ///
    /// Blocks for as long as that takes, a few milliseconds as a rule.
    ///
    /// # Errors
    /// [`OpenError`] says in one line what is wrong and what to do. A file that is not ours, or is
    /// damaged, is left as it is.
    pub fn open(config: SqliteConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let opened = opening::open(&config)?;
        let (writes, reads) = (Arc::new(Jobs::new(CAPACITY)), Arc::new(Jobs::new(CAPACITY)));
        let (reading, writing) = (Threads::default(), Threads::default());
        let file = OpenedFile::at(&opened.path);
        let shared = Shared { config, file, clock, writes, reads, reading, writing };
        shared.start(opened)?;
        Ok(Self(Arc::new(shared)))
    }

    /// Reads and commits a write, for readiness.
    ///
    /// # Errors
    /// Whatever a read or a write would report; `Unavailable` where the file was replaced or removed.
    pub async fn ping(&self, request_time: RequestTime) -> Result<(), PortError> {
        let file = self.0.file.clone();
        let read = move |connection: &mut SqliteConnection| {
            file.is_in_place()?;
            Ok(diesel::select(exists(tenants::table.select(tenants::id))).get_result::<bool>(connection)?)
        };
        self.read(request_time, read).await?;
        self.write(request_time, readiness::write).await
    }

    /// Finishes what is queued and closes the file; calls that come later are rejected.
    ///
    /// Blocks until then. Dropping the last handle does the same.
    pub fn close(&self) {
        self.0.close();
    }

    /// Checks every user. The findings have counts, and name no user.
    ///
    /// # Errors
    /// As of any call.
    pub async fn diagnose_users(&self, request_time: RequestTime) -> Result<Vec<Check>, PortError> {
        self.read(request_time, user_repository::diagnose).await
    }

    /// Runs a step that only reads, beside all others.
    pub(crate) async fn read<T, W>(&self, request_time: RequestTime, work: W) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    {
        // A read changes nothing, so nobody need wait for its outcome beyond the deadline.
        submit(&self.0.reads, request_time.deadline(), work)?.outcome(&*self.0.clock, Duration::ZERO).await
    }

    /// Runs a step that writes, alone, and answers once it is on disk.
    pub(crate) async fn write<T, W>(&self, request_time: RequestTime, work: W) -> Result<T, PortError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    {
        submit(&self.0.writes, request_time.deadline(), work)?.outcome(&*self.0.clock, GRACE).await
    }

    pub(crate) fn config(&self) -> &SqliteConfig {
        &self.0.config
    }
}

impl Shared {
    /// Threads that have started end by themselves when a later one does not: dropping `self` closes.
    fn start(&self, opened: Opened) -> io::Result<()> {
        let (checkpoint, asked) = sync_channel(1);
        for connection in opened.readers {
            let (clock, jobs) = (Arc::clone(&self.clock), Arc::clone(&self.reads));
            self.reading.spawn("sqlite-reader", move || readers::run(connection, &*clock, &jobs))?;
        }
        let writer = Writer::new(opened.writer, opened.path_text, Arc::clone(&self.clock), checkpoint);
        let jobs = Arc::clone(&self.writes);
        self.writing.spawn("sqlite-writer", move || writer.run(&jobs))?;
        let maintenance = Maintenance::new(
            opened.maintenance,
            &opened.path,
            &self.config,
            Arc::clone(&self.writes),
            Arc::clone(&self.clock),
        );
        self.writing.spawn("sqlite-upkeep", move || maintenance.run(&asked))
    }

    /// The readers end first, then the writer, whose end is what ends the maintenance: the last
    /// connection to close moves the log into the database, and two that close at once keep each
    /// other from it.
    fn close(&self) {
        self.reads.close();
        self.reading.join();
        self.writes.close();
        self.writing.join();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}
