//! The files of an open database: each check shows whether they still are those that were opened, with their content.
//!
//! SQLite does not notice that a path names another file, or that another program has overwritten a file: it would go on with
//! data that the next start does not find.

mod database_file;
mod kept_file;
mod log_file;
mod problem;
mod wal_index;

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::files::sibling;
use database_file::DatabaseFile;
use kept_file::KeptFile;
use log_file::check_log;
pub(crate) use problem::FilesProblem;
use wal_index::WalIndex;

/// The time for which readers rely on a check.
const REUSE: Duration = Duration::from_secs(1);

/// The files of an open database.
pub(crate) struct StoreFiles {
    database: DatabaseFile,
    log: KeptFile,
    index: WalIndex,
    /// The lock file of the server.
    lock: Option<KeptFile>,
    /// A problem that stays until the files are opened again.
    lasting: OnceLock<FilesProblem>,
    /// The time of the last check without a problem.
    checked_at: Mutex<Option<Instant>>,
}

impl StoreFiles {
    /// Opens the files, which a connection must have created.
    ///
    /// # Parameters
    /// - `mark`: the number in the header that no file has that was made before; `None` if another process may change it.
    /// - `lock`: the lock file of the server.
    pub(crate) fn open(path: &Path, mark: Option<i32>, lock: Option<&Path>) -> io::Result<Self> {
        Ok(Self {
            database: DatabaseFile::open(path, mark)?,
            log: KeptFile::open(&sibling(path, "-wal"))?,
            index: WalIndex::open(&sibling(path, "-shm"))?,
            lock: lock.map(KeptFile::open).transpose()?,
            lasting: OnceLock::new(),
            checked_at: Mutex::default(),
        })
    }

    /// Checks that a write to the files is found by the next start.
    pub(crate) fn check(&self) -> Result<(), FilesProblem> {
        let checked = self.check_all();
        if checked.is_err() {
            *self.checked_at() = None;
        }
        checked
    }

    /// Checks that the log belongs into the database file. The log itself may have been removed: then its copy in the database
    /// is all that is left of it.
    pub(crate) fn check_before_checkpoint(&self) -> Result<(), FilesProblem> {
        self.check_content()?;
        self.database.kept.check_in_place().map_err(FilesProblem::of_database)
    }

    /// Checks the files, unless they were checked a short time ago.
    pub(crate) fn check_before_read(&self, now: Instant) -> Result<(), FilesProblem> {
        if self.checked_at().is_some_and(|at| now.saturating_duration_since(at) < REUSE) {
            return Ok(());
        }
        self.check()?;
        *self.checked_at() = Some(now);
        Ok(())
    }

    fn check_all(&self) -> Result<(), FilesProblem> {
        self.check_content()?;
        self.database.kept.check_in_place().map_err(FilesProblem::of_database)?;
        self.log.check_in_place().map_err(FilesProblem::of_log)?;
        self.index.kept.check_in_place().map_err(FilesProblem::of_log)?;
        self.lock.as_ref().map_or(Ok(()), KeptFile::check_in_place).map_err(FilesProblem::of_lock)
    }

    fn check_content(&self) -> Result<(), FilesProblem> {
        if let Some(problem) = self.lasting.get() {
            return Err(problem.clone());
        }
        let checked = check_log(&self.log, &self.index).and_then(|()| self.database.check(&self.index));
        if let Err(problem) = &checked
            && problem.is_lasting()
        {
            // Another thread may have found a problem first.
            let _ = self.lasting.set(problem.clone());
        }
        checked
    }

    fn checked_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.checked_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
