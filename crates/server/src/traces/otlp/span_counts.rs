//! Counts of sampled spans: those that wait, and those that were lost.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::Event;
use tracing::warn;

/// The shortest time between two reports.
const REPORT_PERIOD: Duration = Duration::from_mins(1);

/// The numbers of spans that wait to be exported, and that were lost.
#[derive(Debug, Default)]
pub(super) struct SpanCounts {
    pending: AtomicUsize,
    lost: AtomicU64,
    /// Why the last export failed.
    reason: Mutex<Option<String>>,
    reported: Mutex<Reported>,
}

#[derive(Debug, Default)]
struct Reported {
    lost: u64,
    at: Option<Instant>,
}

impl SpanCounts {
    /// Counts a span that waits, unless `limit` spans wait already; then it is lost. Returns whether it may wait.
    pub(super) fn admit(&self, limit: usize) -> bool {
        let more = |pending| (pending < limit).then_some(pending + 1);
        let is_admitted = self.pending.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if !is_admitted {
            self.lose(1);
        }
        is_admitted
    }

    /// Counts spans that no longer wait.
    pub(super) fn finish(&self, count: usize) {
        let fewer = |pending: usize| Some(pending.saturating_sub(count));
        let _ = self.pending.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
    }

    /// Counts lost spans.
    pub(super) fn lose(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts the spans that wait as lost, at the end of the process.
    pub(super) fn lose_pending(&self) {
        self.lose(self.pending.swap(0, Ordering::Relaxed) as u64);
    }

    /// Returns how many spans were lost.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Notes why an export failed.
    pub(super) fn note(&self, reason: String) {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    /// Logs how many spans were lost since the last report, unless it was less than a minute ago.
    pub(super) fn report(&self, now: Instant) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.at.is_none_or(|at| now.duration_since(at) >= REPORT_PERIOD) && self.log(&mut reported) {
            reported.at = Some(now);
        }
    }

    /// Logs how many spans were lost since the last report, at the end of the process.
    pub(super) fn report_all(&self) {
        self.log(&mut self.reported.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn log(&self, reported: &mut Reported) -> bool {
        let total = self.lost();
        let count = total - reported.lost;
        reported.lost = total;
        if count > 0 {
            let reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner).take();
            let reason = reason.as_deref().unwrap_or("the queue was full");
            warn!(event = Event::TracesLost.name(), reason, count, total, "spans were not exported");
        }
        count > 0
    }
}

#[cfg(test)]
mod tests {
    use auth_domain::ports::Clock;

    use super::*;
    use crate::system::SystemClock;

    #[test]
    fn spans_beyond_the_limit_are_lost_until_others_are_exported() {
        let counts = SpanCounts::default();
        assert!(counts.admit(2) && counts.admit(2));
        assert!(!counts.admit(2));
        counts.finish(1);
        assert!(counts.admit(2));
        assert_eq!(counts.lost(), 1);
        counts.lose_pending();
        assert_eq!(counts.lost(), 3);
    }

    #[test]
    fn losses_are_reported_at_most_once_in_a_minute() {
        let counts = SpanCounts::default();
        let start = SystemClock.instant();
        let mut reported = Vec::new();
        for seconds in [0, 10, 59, 61, 70, 130] {
            counts.lose(1);
            counts.report(start + Duration::from_secs(seconds));
            reported.push(counts.reported.lock().unwrap().lost);
        }
        assert_eq!(reported, [1, 1, 1, 4, 4, 6]);
        counts.lose(1);
        counts.report_all();
        assert_eq!(counts.reported.lock().unwrap().lost, 7);
    }
}
