//! The thread that checkpoints, so that no caller waits while many pages are copied.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use diesel::SqliteConnection;

use crate::checkpoint::{checkpoint, log_failure};
use crate::error::StoreError;
use crate::store_files::StoreFiles;

mod growth;

pub(crate) use growth::{LONG, LogGrowth};

#[cfg(test)]
mod tests;

/// The pages in the write-ahead log from which it is restarted: 16 MiB.
const RESTART_PAGES: i64 = 4_096;

/// The most pages that the writer copies itself, which takes about a millisecond.
const WRITER_PAGES: i64 = 64;

/// The most pages of a request to the writer. While a reader of another program needs more, the log keeps growing, and the writer
/// must not copy all of it when that reader ends.
const MAX_WRITER_PAGES: i64 = 4_096;

/// The most checkpoints in a row. Each copies what was written during the one before it, so they become shorter.
const CHECKPOINTS: usize = 4;

/// The owner of the connection that checkpoints.
pub(crate) struct Checkpointer {
    pub(crate) connection: SqliteConnection,
    pub(crate) files: Arc<StoreFiles>,
    /// The time after which it checkpoints without a request.
    pub(crate) interval: Duration,
    pub(crate) restart: Restart,
    pub(crate) growth: LogGrowth,
    /// Dropped after the connection, so that the next thread closes its connection alone.
    pub(crate) _running: Sender<Infallible>,
}

/// A request to the writer: copy the last pages between two groups, so that the log can be restarted.
///
/// While the writer writes, another thread never reaches the end of the log.
#[derive(Clone, Default)]
pub(crate) struct Restart(Arc<AtomicBool>);

impl Checkpointer {
    /// Works at each request of the writer and once in every interval, until the writer has ended.
    pub(crate) fn run(mut self, requests: &Receiver<()>) {
        loop {
            match requests.recv_timeout(self.interval) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if let Err(error) = self.checkpoint() {
                log_failure(&error);
            }
        }
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.files.check_before_checkpoint()?;
        let mut left = 0;
        for _ in 0..CHECKPOINTS {
            let progress = checkpoint(&mut self.connection)?;
            left = progress.log - progress.checkpointed;
            if left > MAX_WRITER_PAGES || progress.log < LONG {
                self.growth.note(progress);
            }
            if progress.log < RESTART_PAGES {
                return Ok(());
            }
            if left <= WRITER_PAGES {
                break;
            }
        }
        if left <= MAX_WRITER_PAGES {
            self.restart.request();
        }
        Ok(())
    }
}

impl Restart {
    fn request(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Returns whether it was requested, once.
    pub(crate) fn take(&self) -> bool {
        self.0.load(Ordering::Acquire) && self.0.swap(false, Ordering::AcqRel)
    }
}
