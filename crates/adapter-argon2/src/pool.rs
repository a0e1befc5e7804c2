//! Bounded hashing with admission control: a caller that cannot start before its deadline is rejected at once.

mod hash_thread;
mod measurements;
#[cfg(target_os = "linux")]
mod priority;
mod queue;
mod quiet;
mod threads;
mod time_estimate;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::{Admission, Clock, PortError};

use crate::algorithms::{Algorithm, HashCost};
use crate::error::{self, HashError};
use crate::memory::Memory;
use crate::self_check::Checked;
use crate::work_target::WorkTarget;
use measurements::Measurements;
use queue::Queue;
use threads::{Permit, Threads};
use time_estimate::TimeEstimate;

pub(crate) use measurements::TimeObserver;

/// Runs jobs on threads of its own, each with a permit and its memory.
///
/// **Invariant**: at most as many threads as permits have memory, and each is idle, runs the job of a permit, or frees its memory.
pub(crate) struct Pool {
    threads: Arc<Threads>,
    queue: Queue,
    target: Mutex<WorkTarget>,
    measurements: Arc<Measurements>,
    clock: Arc<dyn Clock>,
}

impl Pool {
    /// Makes a pool with `concurrency` permits. Until the first job, times are estimated from the small hash of `checked` and from
    /// `others`, small hashes of the other algorithms with their times.
    pub(crate) fn new(
        checked: &Checked,
        others: &[(HashCost, Duration)],
        concurrency: usize,
        target: WorkTarget,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let mut measurements = Measurements::default();
        let argon2id = (Algorithm::Argon2id, checked.work, checked.time);
        let others = others.iter().map(|(cost, time)| (cost.algorithm(), cost.work(), *time));
        for (algorithm, work, time) in others.chain([argon2id]) {
            *measurements.estimates.get_mut(algorithm) = TimeEstimate::new(algorithm, time, work);
        }
        Self {
            threads: Threads::new(checked.kernel, concurrency, Arc::clone(&clock)),
            queue: Queue::default(),
            target: Mutex::new(target),
            measurements: Arc::new(measurements),
            clock,
        }
    }

    /// The number of permits.
    pub(crate) fn concurrency(&self) -> u32 {
        u32::try_from(self.threads.concurrency()).unwrap_or(u32::MAX)
    }

    /// The work of a rejected login.
    pub(crate) fn target(&self) -> WorkTarget {
        *lock(&self.target)
    }

    /// The number of jobs that run.
    pub(crate) fn running(&self) -> usize {
        self.threads.running()
    }

    /// The number of callers that wait for a permit.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// The number of jobs that were rejected: no permit in time, or no memory.
    pub(crate) fn rejected(&self) -> u64 {
        self.measurements.rejected()
    }

    /// Sets the observer of the times of jobs. Only the first call has an effect.
    pub(crate) fn observe(&self, observer: TimeObserver) {
        self.measurements.observe(observer);
    }

    /// Changes the work of a rejected login, from the next job on.
    pub(crate) fn update_target(&self, update: impl FnOnce(WorkTarget) -> WorkTarget) {
        let mut target = lock(&self.target);
        *target = update(*target);
    }

    /// Estimates the time of a job with the work of `target` from recent measurements.
    pub(crate) fn expected_time(&self, target: WorkTarget) -> Duration {
        let estimates = self.measurements.estimates.iter();
        estimates.map(|(algorithm, estimate)| estimate.time_of(target.work(algorithm))).sum()
    }

    /// Takes a place in the queue.
    ///
    /// # Errors
    /// `Overloaded` if no permit is expected to be free before the deadline.
    pub(crate) fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError> {
        let remaining = self.remaining(request_time.deadline());
        let place = self.queue.take_place();
        let ahead = place.position.saturating_sub(self.threads.available());
        if remaining.is_zero() || self.expected_wait(ahead) > remaining {
            self.measurements.count_rejection();
            return Err(error::queue_is_full());
        }
        Ok(Admission::new(request_time, place))
    }

    /// Records the time of a hash that was computed elsewhere.
    pub(crate) fn record(&self, elapsed: Duration, cost: HashCost) {
        self.measurements.estimates.get(cost.algorithm()).record(elapsed, cost.work());
    }

    /// Runs `job` when a permit is free, in the order of arrival.
    ///
    /// # Errors
    /// `Overloaded` if no permit is free before the deadline; `Unavailable` without a thread or memory; `Corrupt` if the job
    /// fails or panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        admission: Admission,
        job: impl FnOnce(&mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, PortError> {
        let permit = self.permit(admission).await.inspect_err(|_| self.measurements.count_rejection())?;
        let (kept, measurements) = (self.target().blocks(), Arc::clone(&self.measurements));
        let result = permit.run(move |memory| {
            memory.prepare(kept)?;
            let result = job(memory);
            measurements.record(memory);
            result
        })?;
        let result = result.await.map_err(error::job_failed)?;
        if matches!(result, Err(HashError::OutOfMemory)) {
            self.measurements.count_rejection();
        }
        Ok(result?)
    }

    /// Estimates the number of rejected logins that all permits together complete within `wait`.
    pub(crate) fn capacity(&self, wait: Duration) -> usize {
        let job = self.expected_time(self.target()).as_nanos().max(1);
        let jobs = wait.as_nanos().saturating_mul(u128::from(self.concurrency())) / job;
        usize::try_from(jobs).unwrap_or(usize::MAX)
    }

    /// The work of each job.
    #[cfg(test)]
    pub(crate) fn work_of_jobs(&self) -> MutexGuard<'_, Vec<crate::algorithms::PerAlgorithm<u64>>> {
        self.measurements.work_of_jobs()
    }

    /// Waits for a permit. The place in the queue is given back when this returns.
    async fn permit(&self, admission: Admission) -> Result<Permit, PortError> {
        let deadline = admission.request_time().deadline();
        if self.remaining(deadline).is_zero() {
            return Err(error::queue_is_full());
        }
        tokio::select! {
            biased;
            permit = self.threads.permit() => permit,
            () = self.clock.sleep_until(deadline) => Err(error::queue_is_full()),
        }
    }

    fn remaining(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.clock.instant())
    }

    fn expected_wait(&self, ahead: usize) -> Duration {
        let job = self.expected_time(self.target());
        job.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX)) / self.concurrency().max(1)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
