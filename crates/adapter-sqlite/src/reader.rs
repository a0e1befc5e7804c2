//! The threads that read, each with a connection of its own that cannot write.

use auth_domain::ports::{Clock, PortError};
use diesel::SqliteConnection;

use crate::job_queue::Jobs;
use crate::store_files::StoreFiles;

/// The number of reader threads, so that one long listing does not delay the other reads.
pub(crate) const READERS: usize = 3;

/// Runs jobs until the queue is closed and empty.
pub(crate) fn run(mut connection: SqliteConnection, files: &StoreFiles, clock: &dyn Clock, jobs: &Jobs) {
    for mut job in jobs {
        let now = clock.instant();
        let failure = files.check_before_read(now).err().map(PortError::unavailable);
        if failure.is_none() && job.start(now) {
            job.run(&mut connection);
        }
        job.answer(failure.as_ref());
    }
}
