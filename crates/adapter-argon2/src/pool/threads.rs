//! The threads that compute hashes, and the permits for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_domain::ports::{Clock, PortError};
use tokio::sync::oneshot::{self, Receiver};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::hash_thread::{HashThread, Job};
use super::quiet::Quiet;
use crate::kernel::Kernel;
use crate::memory::Memory;

/// Threads with memory, at most one for each permit. A thread starts when it is needed, and ends after a quiet time.
pub(super) struct Threads {
    idle: Mutex<Vec<HashThread>>,
    kernel: Kernel,
    permits: Arc<Semaphore>,
    concurrency: usize,
    /// The number of [`Permit`]s that are held. A thread that ends holds a permit of the semaphore, too.
    held: AtomicUsize,
    quiet: Quiet,
    clock: Arc<dyn Clock>,
}

impl Threads {
    pub(super) fn new(kernel: Kernel, concurrency: usize, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            idle: Mutex::default(),
            kernel,
            permits: Arc::new(Semaphore::new(concurrency)),
            concurrency,
            held: AtomicUsize::new(0),
            quiet: Quiet::default(),
            clock,
        })
    }

    /// The number of permits.
    pub(super) const fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The number of permits that are held.
    pub(super) fn running(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// The number of free permits.
    pub(super) fn available(&self) -> usize {
        self.permits.available_permits()
    }

    /// Waits for a permit, in the order of arrival.
    ///
    /// # Errors
    /// `Unavailable` if no thread can be started.
    pub(super) async fn permit(self: &Arc<Self>) -> Result<Permit, PortError> {
        let counted = Arc::clone(&self.permits).acquire_owned().await.map_err(PortError::unavailable)?;
        let idle = self.idle().pop();
        let thread = match idle {
            Some(thread) => thread,
            None => HashThread::start(Memory::new(self.kernel, Arc::clone(&self.clock)))
                .map_err(PortError::unavailable)?,
        };
        self.held.fetch_add(1, Ordering::Relaxed);
        Ok(Permit { thread, threads: Arc::clone(self), _counted: counted })
    }

    /// The threads without a job.
    pub(super) fn idle(&self) -> MutexGuard<'_, Vec<HashThread>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the idle threads. Each one holds a permit until its memory is free, so that no new thread takes memory before.
    fn end_idle(&self) {
        while let Ok(counted) = Arc::clone(&self.permits).try_acquire_owned() {
            let Some(thread) = self.idle().pop() else { break };
            thread.end(counted);
        }
    }

    /// Ends the idle threads when no job has run for the quiet time.
    fn end_after_quiet(self: &Arc<Self>) {
        if !self.quiet.interrupt(self.clock.instant()) {
            return;
        }
        let (threads, clock) = (Arc::downgrade(self), Arc::clone(&self.clock));
        tokio::spawn(async move {
            while let Some(threads) = threads.upgrade() {
                let is_idle = threads.held.load(Ordering::Relaxed) == 0;
                let Some(end) = threads.quiet.end(clock.instant(), is_idle) else {
                    threads.end_idle();
                    break;
                };
                drop(threads);
                clock.sleep_until(end).await;
            }
        });
    }
}

/// A permit and its thread. Dropping it gives both back, also in a panic.
pub(super) struct Permit {
    thread: HashThread,
    threads: Arc<Threads>,
    // Dropped after `drop` has put the thread back, so that the next holder finds a thread.
    _counted: OwnedSemaphorePermit,
}

impl Permit {
    /// Runs `job` on the thread. The receiver has an error if the job panics.
    ///
    /// The permit moves into the job, so a caller that hangs up cannot bypass the bound.
    ///
    /// # Errors
    /// `Unavailable` if the thread has ended.
    pub(super) fn run<T: Send + 'static>(
        self,
        job: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<Receiver<T>, PortError> {
        let (done, result) = oneshot::channel();
        let (thread, threads) = (self.thread.clone(), Arc::clone(&self.threads));
        let job: Job = Box::new(move |memory| {
            // In a panic the permit is dropped before `done`, so it is back before the caller continues.
            let done = done;
            let permit = self;
            let result = job(memory);
            drop(permit);
            // A caller that has hung up does not receive it.
            let _: Result<(), T> = done.send(result);
        });
        thread.run(job).map_err(|ended| PortError::unavailable(ended.to_string()))?;
        threads.end_after_quiet();
        Ok(result)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.threads.idle().push(self.thread.clone());
        self.threads.held.fetch_sub(1, Ordering::Relaxed);
    }
}
