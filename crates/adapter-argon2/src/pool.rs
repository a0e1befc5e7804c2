//! A fixed number of hashes at a time, and a queue that nobody waits in without hope.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::Timing;
use auth_domain::ports::{Clock, PortError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error;
use crate::memory::Memory;

/// Runs jobs on the blocking threads, each with a permit and the memory that belongs to it.
///
/// **Invariant**: there are as many memories as permits, and each is idle or inside a running job.
/// A job keeps its permit until it ends, so a caller who hangs up cannot slip past the bound.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
    concurrency: u32,
    waiting: AtomicUsize,
}

struct Shared {
    idle: Mutex<Vec<Memory>>,
    /// How long a job has taken of late, in nanoseconds.
    usual: AtomicU64,
    clock: Arc<dyn Clock>,
}

impl Pool {
    /// Makes a pool with one permit for each memory, where a job takes about `usual`.
    pub(crate) fn new(memories: Vec<Memory>, usual: Duration, clock: Arc<dyn Clock>) -> Self {
        let concurrency = memories.len();
        let usual = AtomicU64::new(nanoseconds(usual));
        Self {
            shared: Arc::new(Shared { idle: Mutex::new(memories), usual, clock }),
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency: u32::try_from(concurrency).unwrap_or(u32::MAX),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Runs `job` as soon as a permit is free, first come, first served.
    ///
    /// # Errors
    /// `Overloaded` when it cannot begin before the deadline: at once where that can be foreseen.
    /// A job that panics is `Corrupt`, because by then the password was being looked at.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        timing: Timing,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let mut slot = self.admit(timing.deadline()).await?;
        let task = tokio::task::spawn_blocking(move || {
            let started = slot.shared.clock.instant();
            let result = job(&mut slot.memory);
            slot.shared.record(slot.shared.clock.instant().saturating_duration_since(started));
            result
        });
        task.await.map_err(error::job_is_lost)
    }

    /// Returns how many jobs can run to completion within `wait`.
    pub(crate) fn capacity(&self, wait: Duration) -> usize {
        let usual = self.shared.usual.load(Ordering::Relaxed).max(1);
        let jobs = nanoseconds(wait).saturating_mul(u64::from(self.concurrency)) / usual;
        usize::try_from(jobs).unwrap_or(usize::MAX)
    }

    async fn admit(&self, deadline: Instant) -> Result<Slot, PortError> {
        let left = deadline.saturating_duration_since(self.shared.clock.instant());
        if left.is_zero() {
            return Err(error::queue_is_full());
        }
        // Does not overtake: a permit that comes back goes to the queue before it counts as free.
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(self.slot(permit));
        }
        let place = Place::take(&self.waiting);
        if self.expected_wait(place.position) > left {
            return Err(error::queue_is_full());
        }
        tokio::select! {
            biased;
            permit = Arc::clone(&self.permits).acquire_owned() => {
                permit.map(|permit| self.slot(permit)).map_err(PortError::unavailable)
            }
            () = self.shared.clock.sleep_until(deadline) => Err(error::queue_is_full()),
        }
    }

    fn expected_wait(&self, position: usize) -> Duration {
        let usual = Duration::from_nanos(self.shared.usual.load(Ordering::Relaxed));
        usual.saturating_mul(u32::try_from(position).unwrap_or(u32::MAX)) / self.concurrency.max(1)
    }

    fn slot(&self, permit: OwnedSemaphorePermit) -> Slot {
        let memory = self.shared.lock_idle().pop().unwrap_or_default();
        Slot { memory, shared: Arc::clone(&self.shared), _permit: permit }
    }
}

impl Shared {
    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Vec<Memory>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the usual time an eighth of the way towards the newest one.
    fn record(&self, took: Duration) {
        let usual = self.usual.load(Ordering::Relaxed);
        let moved = usual - usual / 8 + nanoseconds(took) / 8;
        // Of two jobs that end together one may be forgotten; this is an estimate.
        self.usual.store(moved, Ordering::Relaxed);
    }
}

/// A permit with its memory; both go back when it is dropped, also by a panic.
struct Slot {
    memory: Memory,
    shared: Arc<Shared>,
    // Dropped after `drop` has put the memory back, so that the next holder finds one.
    _permit: OwnedSemaphorePermit,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut memory = mem::take(&mut self.memory);
        memory.shrink();
        self.shared.lock_idle().push(memory);
    }
}

/// A place in the queue; given back when its caller gets a permit, gives up or hangs up.
struct Place<'a> {
    waiting: &'a AtomicUsize,
    position: usize,
}

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Self {
        Self { waiting, position: waiting.fetch_add(1, Ordering::Relaxed).saturating_add(1) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
