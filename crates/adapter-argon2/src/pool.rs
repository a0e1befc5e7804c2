//! Bounded hashing with admission control: a caller that cannot start before its deadline is rejected at once.

mod queue;
mod time_estimate;

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::{Admission, Clock, PortError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error;
use crate::memory::Memory;
use crate::work_target::WorkTarget;
use queue::Queue;
use time_estimate::TimeEstimate;

/// Runs jobs on the blocking threads of tokio, each with a permit and its memory.
///
/// **Invariant**: there are as many memories as permits, and each is idle or part of a running job. The permit moves into the
/// job, so a caller that hangs up cannot bypass the bound.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
    concurrency: u32,
    queue: Queue,
}

struct Shared {
    idle: Mutex<Vec<Memory>>,
    target: Mutex<WorkTarget>,
    estimate: TimeEstimate,
    clock: Arc<dyn Clock>,
    #[cfg(test)]
    work_of_jobs: Mutex<Vec<u64>>,
}

impl Pool {
    /// Makes a pool with one permit per memory. `measured` is the time of a job with the work of `target`.
    pub(crate) fn new(
        memories: Vec<Memory>,
        target: WorkTarget,
        measured: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let concurrency = memories.len();
        let shared = Shared {
            idle: Mutex::new(memories),
            target: Mutex::new(target),
            estimate: TimeEstimate::new(measured, target.work()),
            clock,
            #[cfg(test)]
            work_of_jobs: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency: u32::try_from(concurrency).unwrap_or(u32::MAX),
            queue: Queue::default(),
        }
    }

    /// The number of permits.
    pub(crate) const fn concurrency(&self) -> u32 {
        self.concurrency
    }

    /// The work of a rejected login.
    pub(crate) fn target(&self) -> WorkTarget {
        *lock(&self.shared.target)
    }

    /// Changes the work of a rejected login, from the next job on.
    pub(crate) fn update_target(&self, update: impl FnOnce(WorkTarget) -> WorkTarget) {
        let mut target = lock(&self.shared.target);
        *target = update(*target);
    }

    /// Estimates the time of a job with the work of `target` from recent measurements.
    pub(crate) fn expected_time(&self, target: WorkTarget) -> Duration {
        self.shared.estimate.time_of(target.work())
    }

    /// Takes a place in the queue.
    ///
    /// # Errors
    /// `Overloaded` if no permit is expected to be free before the deadline.
    pub(crate) fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError> {
        let remaining = self.remaining(request_time.deadline());
        let place = self.queue.take_place();
        let ahead = place.position.saturating_sub(self.permits.available_permits());
        if remaining.is_zero() || self.expected_wait(ahead) > remaining {
            return Err(error::queue_is_full());
        }
        Ok(Admission::new(request_time, place))
    }

    /// Runs `job` when a permit is free, in the order of arrival.
    ///
    /// # Errors
    /// `Overloaded` if no permit is free before the deadline; `Corrupt` if the job panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        admission: Admission,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let mut permit = self.permit(admission).await?;
        let task = tokio::task::spawn_blocking(move || {
            let started = permit.shared.clock.instant();
            let result = job(&mut permit.memory);
            let elapsed = permit.shared.clock.instant().saturating_duration_since(started);
            permit.shared.record(elapsed, permit.memory.take_work());
            result
        });
        task.await.map_err(error::job_failed)
    }

    /// Estimates the number of rejected logins that all permits together complete within `wait`.
    pub(crate) fn capacity(&self, wait: Duration) -> usize {
        let job = self.expected_time(self.target()).as_nanos().max(1);
        let jobs = wait.as_nanos().saturating_mul(u128::from(self.concurrency)) / job;
        usize::try_from(jobs).unwrap_or(usize::MAX)
    }

    /// The work of each job.
    #[cfg(test)]
    pub(crate) fn work_of_jobs(&self) -> MutexGuard<'_, Vec<u64>> {
        lock(&self.shared.work_of_jobs)
    }

    /// Waits for a permit. The place in the queue is given back when this returns.
    async fn permit(&self, admission: Admission) -> Result<Permit, PortError> {
        let deadline = admission.request_time().deadline();
        if self.remaining(deadline).is_zero() {
            return Err(error::queue_is_full());
        }
        tokio::select! {
            biased;
            permit = Arc::clone(&self.permits).acquire_owned() => {
                permit.map(|permit| self.with_memory(permit)).map_err(PortError::unavailable)
            }
            () = self.shared.clock.sleep_until(deadline) => Err(error::queue_is_full()),
        }
    }

    fn remaining(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.shared.clock.instant())
    }

    fn expected_wait(&self, ahead: usize) -> Duration {
        let job = self.expected_time(self.target());
        job.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX)) / self.concurrency.max(1)
    }

    fn with_memory(&self, permit: OwnedSemaphorePermit) -> Permit {
        let mut memory = lock(&self.shared.idle).pop().unwrap_or_default();
        memory.keep(self.target().blocks());
        // The work of a job that panicked was not counted.
        memory.take_work();
        Permit { memory, shared: Arc::clone(&self.shared), _counted: permit }
    }
}

impl Shared {
    fn record(&self, elapsed: Duration, work: u64) {
        #[cfg(test)]
        lock(&self.work_of_jobs).push(work);
        self.estimate.record(elapsed, work);
    }
}

/// A permit and its memory. Dropping it gives both back, also in a panic.
struct Permit {
    memory: Memory,
    shared: Arc<Shared>,
    // Dropped after `drop` has put the memory back, so that the next holder finds a memory.
    _counted: OwnedSemaphorePermit,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut memory = mem::take(&mut self.memory);
        memory.shrink();
        lock(&self.shared.idle).push(memory);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
