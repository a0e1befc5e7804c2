//! The growth of the write-ahead log while another program reads.

use auth_domain::model::Event;
use tracing::warn;

use crate::checkpoint::Progress;

/// The pages from which the log is unusually long: 64 MiB. Without a reader of another program it has at most about 16 MiB.
pub(crate) const LONG: i64 = 16_384;

const PAGES_PER_MIB: i64 = 256;

/// The length of the log at the last warning. The next one comes at twice the length.
#[derive(Default)]
pub(crate) struct LogGrowth {
    warned: i64,
}

impl LogGrowth {
    /// Warns about a log that a reader of another program holds.
    pub(super) fn note(&mut self, progress: Progress) {
        if progress.log < LONG {
            self.warned = 0;
        } else if progress.log >= self.warned.saturating_mul(2) {
            self.warned = progress.log;
            let mib = progress.log / PAGES_PER_MIB;
            warn!(
                event = Event::CheckpointFailed.name(),
                error = "another program keeps a transaction open",
                cause = format!("the write-ahead log has {mib} MiB and cannot be restarted"),
                "the write-ahead log of the embedded store grows until the other program closes auth.db; find it with `fuser` or `lsof`"
            );
        }
    }
}
