//! What jobs have spent, and the jobs that were rejected.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
#[cfg(test)]
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_domain::model::HashFormat;

use super::time_estimate::TimeEstimate;
use crate::algorithms::PerAlgorithm;
use crate::memory::Memory;

/// Observes the time that a job took in the algorithm of a format.
pub(crate) type TimeObserver = Box<dyn Fn(HashFormat, Duration) + Send + Sync>;

/// The times of hashes of each algorithm.
#[derive(Default)]
pub(super) struct Measurements {
    pub(super) estimates: PerAlgorithm<TimeEstimate>,
    observer: OnceLock<TimeObserver>,
    rejected: AtomicU64,
    #[cfg(test)]
    work_of_jobs: Mutex<Vec<PerAlgorithm<u64>>>,
}

impl Measurements {
    /// Records what a job has spent.
    pub(super) fn record(&self, memory: &Memory) {
        for (algorithm, spent) in memory.spent().iter().filter(|(_, spent)| spent.work > 0) {
            self.estimates.get(algorithm).record(spent.time, spent.work);
            if let Some(observe) = self.observer.get() {
                observe(algorithm.format(), spent.time);
            }
        }
        #[cfg(test)]
        self.work_of_jobs().push(memory.spent().map(|spent| spent.work));
    }

    /// Sets the observer. Only the first call has an effect.
    pub(super) fn observe(&self, observer: TimeObserver) {
        let _ = self.observer.set(observer);
    }

    /// Counts a job that was rejected.
    pub(super) fn count_rejection(&self) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of jobs that were rejected.
    pub(super) fn rejected(&self) -> u64 {
        self.rejected.load(Ordering::Relaxed)
    }

    /// The work of each job.
    #[cfg(test)]
    pub(super) fn work_of_jobs(&self) -> MutexGuard<'_, Vec<PerAlgorithm<u64>>> {
        self.work_of_jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
