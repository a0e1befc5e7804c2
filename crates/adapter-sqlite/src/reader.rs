//! The threads that read, each with a connection of its own that cannot write.

use auth_domain::ports::Clock;
use diesel::SqliteConnection;

use crate::job_queue::Jobs;

/// The number of reader threads, so that one long listing does not delay the other reads.
pub(crate) const READERS: usize = 3;

/// Runs jobs until the queue is closed and empty.
pub(crate) fn run(mut connection: SqliteConnection, clock: &dyn Clock, jobs: &Jobs) {
    for mut job in jobs {
        if job.start(clock.instant()) {
            job.run(&mut connection);
        }
        job.answer(None);
    }
}
