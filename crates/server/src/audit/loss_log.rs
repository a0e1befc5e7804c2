//! Log lines about the audit stream itself.

use std::sync::atomic::{AtomicU64, Ordering};

use auth_domain::model::Event;
use tracing::warn;

use super::counts::Counts;

/// The number of lost records that the log names.
#[derive(Default)]
pub(super) struct LossLog(AtomicU64);

impl LossLog {
    /// Logs how many records were lost since the last call, and why records cannot be written now.
    pub(super) fn report(&self, counts: &Counts) {
        if let Some(error) = counts.error() {
            warn!(
                event = Event::AuditWriteFailed.name(),
                error,
                "the target of the audit stream fails; records are kept in the queue, or in the file that is open"
            );
        }
        let total = counts.lost();
        let count = total - self.0.swap(total, Ordering::Relaxed);
        if count > 0 {
            warn!(
                event = Event::AuditEventsLost.name(),
                count, total, "audit records were lost because their target was full, broken or not read"
            );
        }
    }
}
