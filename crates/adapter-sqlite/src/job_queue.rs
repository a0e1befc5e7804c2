//! Bounded queues of jobs, and the threads that run them.

use std::convert::Infallible;
use std::io;
use std::sync::{PoisonError, RwLock};
use std::thread::Builder;
use std::time::Instant;

use auth_domain::ports::PortError;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use diesel::SqliteConnection;

use crate::error::StoreError;
use crate::job::{CLOSED, Job, Pending, job};

/// The number of jobs that may wait. The writer runs them within a few hundredths of a second.
pub(crate) const CAPACITY: usize = 4_096;

/// The receiving end of a queue, for the threads.
pub(crate) type Jobs = Receiver<Box<dyn Job>>;

/// The sending end of a queue. Its threads end when it is closed and empty.
pub(crate) struct JobQueue {
    jobs: RwLock<Option<Sender<Box<dyn Job>>>>,
    /// Disconnected when every thread has ended.
    ended: Receiver<Infallible>,
}

/// The threads of a queue, before they start.
pub(crate) struct Threads {
    pub(crate) jobs: Jobs,
    running: Sender<Infallible>,
}

/// A queue and the means to start its threads.
pub(crate) fn job_queue() -> (JobQueue, Threads) {
    let (sender, jobs) = bounded(CAPACITY);
    let (running, ended) = bounded(0);
    (JobQueue { jobs: RwLock::new(Some(sender)), ended }, Threads { jobs, running })
}

impl JobQueue {
    /// Queues `work`. It starts before `deadline` or never.
    pub(crate) fn submit<T, W>(&self, deadline: Instant, work: W) -> Result<Pending<T>, PortError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, pending) = job(deadline, work);
        let jobs = self.jobs.read().unwrap_or_else(PoisonError::into_inner);
        let jobs = jobs.as_ref().ok_or_else(|| PortError::unavailable(CLOSED))?;
        match jobs.try_send(job) {
            Ok(()) => Ok(pending),
            Err(TrySendError::Full(_)) => {
                Err(PortError::overloaded("the queue of the embedded store is full"))
            }
            Err(TrySendError::Disconnected(_)) => Err(PortError::unavailable(CLOSED)),
        }
    }

    /// Rejects later jobs, and returns when the queued ones are done and the threads have ended.
    pub(crate) fn close(&self) {
        drop(self.jobs.write().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing is ever sent: this is the error of a channel whose last sender was dropped.
        let _ = self.ended.recv();
    }
}

impl Threads {
    /// Starts a thread, which the queue waits for when it is closed.
    pub(crate) fn start(&self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let running = self.running.clone();
        let work = move || {
            work();
            drop(running);
        };
        Builder::new().name(name.to_owned()).spawn(work).map(drop)
    }
}
