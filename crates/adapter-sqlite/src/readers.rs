//! The threads that read, each on a connection of its own that cannot write.

use auth_domain::ports::Clock;
use diesel::SqliteConnection;

use crate::job::Jobs;

/// How many threads read: enough that one long listing holds nobody up.
pub(crate) const READERS: usize = 3;

/// Works until the queue is closed and empty.
pub(crate) fn run(mut connection: SqliteConnection, clock: &dyn Clock, jobs: &Jobs) {
    // One at a time: what a thread takes, no other thread can help with.
    while let Some(group) = jobs.take(1) {
        for mut job in group {
            if job.begin(clock.instant()) {
                job.run(&mut connection);
            }
            job.answer(None);
        }
    }
}
