//! Bounded hashing with admission control: a caller that cannot start before its deadline is rejected at once.

mod place;

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::{Admission, Clock, PortError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::charge::Charge;
use crate::error;
use crate::memory::Memory;
use place::Queue;

/// Runs jobs on the blocking threads, each with a permit and the memory that belongs to it.
///
/// **Invariant**: there are as many memories as permits, and each is idle or inside a running job.
/// A job keeps its permit until it ends, so a caller that hangs up cannot bypass the bound.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
    concurrency: u32,
    queue: Queue,
}

struct Shared {
    idle: Mutex<Vec<Memory>>,
    charge: Mutex<Charge>,
    /// The recent time of one block compression, in picoseconds.
    pace: AtomicU64,
    clock: Arc<dyn Clock>,
    #[cfg(test)]
    turns: Mutex<Vec<u64>>,
}

impl Pool {
    /// Makes a pool with one permit for each memory, where a turn of `charge` takes about `usual`.
    pub(crate) fn new(memories: Vec<Memory>, charge: Charge, usual: Duration, clock: Arc<dyn Clock>) -> Self {
        let concurrency = memories.len();
        let shared = Shared {
            idle: Mutex::new(memories),
            charge: Mutex::new(charge),
            pace: AtomicU64::new(pace(usual, charge.work())),
            clock,
            #[cfg(test)]
            turns: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency: u32::try_from(concurrency).unwrap_or(u32::MAX),
            queue: Queue::default(),
        }
    }

    /// The number of turns at the same time.
    pub(crate) const fn concurrency(&self) -> u32 {
        self.concurrency
    }

    /// What a turn is charged.
    pub(crate) fn charge(&self) -> Charge {
        *lock(&self.shared.charge)
    }

    /// Changes what a turn is charged, from the next turn on.
    pub(crate) fn set_charge(&self, update: impl FnOnce(Charge) -> Charge) {
        let mut charge = lock(&self.shared.charge);
        *charge = update(*charge);
    }

    /// The time that a turn of `charge` takes, from recent measurements.
    pub(crate) fn usual(&self, charge: Charge) -> Duration {
        let picoseconds = self.shared.pace.load(Ordering::Relaxed).saturating_mul(charge.work());
        Duration::from_nanos(picoseconds / 1_000)
    }

    /// Takes a place in the queue; every place is charged a whole turn.
    ///
    /// # Errors
    /// `Overloaded` if the turn is not expected to begin before the deadline.
    pub(crate) fn admit(&self, request_time: RequestTime) -> Result<Admission, PortError> {
        let left = self.left(request_time.deadline());
        let place = self.queue.take_place();
        let ahead = place.position.saturating_sub(self.permits.available_permits());
        if left.is_zero() || self.expected_wait(ahead) > left {
            return Err(error::queue_is_full());
        }
        Ok(Admission::new(request_time, place))
    }

    /// Runs `job` as soon as a permit is free, in the order of arrival.
    ///
    /// # Errors
    /// `Overloaded` if it cannot begin before the deadline of the admission.
    /// A job that panics is `Corrupt`, because by then the password was being compared.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        admission: Admission,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let mut slot = self.turn(admission).await?;
        let task = tokio::task::spawn_blocking(move || {
            let started = slot.shared.clock.instant();
            let result = job(&mut slot.memory);
            let took = slot.shared.clock.instant().saturating_duration_since(started);
            slot.shared.record(took, slot.memory.take_work());
            result
        });
        task.await.map_err(error::job_is_lost)
    }

    /// Returns how many turns can run to completion within `wait`, each charged the dearest cost.
    pub(crate) fn capacity(&self, wait: Duration) -> usize {
        let turn = self.usual(self.charge()).as_nanos().max(1);
        let turns = wait.as_nanos().saturating_mul(u128::from(self.concurrency)) / turn;
        usize::try_from(turns).unwrap_or(usize::MAX)
    }

    /// The work of each turn.
    #[cfg(test)]
    pub(crate) fn turns(&self) -> MutexGuard<'_, Vec<u64>> {
        lock(&self.shared.turns)
    }

    async fn turn(&self, admission: Admission) -> Result<Slot, PortError> {
        let deadline = admission.request_time().deadline();
        if self.left(deadline).is_zero() {
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

    fn left(&self, deadline: Instant) -> Duration {
        deadline.saturating_duration_since(self.shared.clock.instant())
    }

    fn expected_wait(&self, ahead: usize) -> Duration {
        let turn = self.usual(self.charge());
        turn.saturating_mul(u32::try_from(ahead).unwrap_or(u32::MAX)) / self.concurrency.max(1)
    }

    fn slot(&self, permit: OwnedSemaphorePermit) -> Slot {
        let mut memory = lock(&self.shared.idle).pop().unwrap_or_default();
        memory.keep(self.charge().blocks());
        // A job that panicked has left its work uncounted.
        memory.take_work();
        Slot { memory, shared: Arc::clone(&self.shared), _permit: permit }
    }
}

impl Shared {
    /// Moves the average pace towards the newest one by an eighth of their difference.
    fn record(&self, took: Duration, work: u64) {
        #[cfg(test)]
        lock(&self.turns).push(work);
        if work == 0 {
            return;
        }
        let usual = self.pace.load(Ordering::Relaxed);
        let moved = usual - usual / 8 + pace(took, work) / 8;
        // Of two jobs that end together one may be forgotten; this is an estimate.
        self.pace.store(moved, Ordering::Relaxed);
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
        lock(&self.shared.idle).push(memory);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time of one block compression in picoseconds.
fn pace(took: Duration, work: u64) -> u64 {
    let picoseconds = took.as_nanos().saturating_mul(1_000) / u128::from(work.max(1));
    u64::try_from(picoseconds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
