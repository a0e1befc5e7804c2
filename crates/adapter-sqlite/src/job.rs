//! One step of work on the database, and the caller who waits for it.
//!
//! **Invariant**: a caller who is told "nothing changed" is told the truth, also later. A step is
//! claimed exactly once, by the thread that begins it or by the caller who gives up at its deadline.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_domain::ports::{Clock, PortError};
use diesel::SqliteConnection;
use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::queue::{Queue, Rejected};

/// A step as the threads see it, whatever it returns.
pub(crate) trait Job: Send {
    /// Claims the step; `false` when it must not begin any more.
    fn begin(&self, now: Instant) -> bool;

    /// Does it, once; `false` when what it did must be undone.
    fn run(&mut self, connection: &mut SqliteConnection) -> bool;

    /// Tells the caller; `undone` says why the whole group came to nothing, if it did.
    fn answer(self: Box<Self>, undone: Option<&str>);
}

/// A queue of steps.
pub(crate) type Jobs = Queue<Box<dyn Job>>;

/// A step that is queued, as its caller sees it.
pub(crate) struct Pending<T> {
    answer: oneshot::Receiver<Result<T, PortError>>,
    claim: Arc<Claim>,
    deadline: Instant,
}

/// Queues `work`, to be begun before `deadline` or never.
pub(crate) fn submit<T, W>(jobs: &Jobs, deadline: Instant, work: W) -> Result<Pending<T>, PortError>
where
    T: Send + 'static,
    W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
{
    let (sender, answer) = oneshot::channel();
    let claim = Arc::new(Claim::default());
    let task = Task { work: Some(work), outcome: None, answer: sender, claim: Arc::clone(&claim), deadline };
    jobs.push(Box::new(task)).map_err(|rejected| match rejected {
        Rejected::Full => PortError::overloaded("the queue of the embedded store is full"),
        Rejected::Closed => PortError::unavailable(CLOSED),
    })?;
    Ok(Pending { answer, claim, deadline })
}

const CLOSED: &str = "the embedded store is closed";
const LATE: &str = "the deadline passed before the embedded store could begin; nothing changed";

impl<T> Pending<T> {
    /// Waits for the outcome; past the deadline only where the step has begun, and for `grace` at most.
    pub(crate) async fn outcome(mut self, clock: &dyn Clock, grace: Duration) -> Result<T, PortError> {
        tokio::select! {
            biased;
            answer = &mut self.answer => return answer.unwrap_or_else(|_| Err(PortError::unavailable(CLOSED))),
            () = clock.sleep_until(self.deadline) => {}
        }
        if self.claim.take() {
            return Err(PortError::unavailable(LATE));
        }
        tokio::select! {
            biased;
            answer = &mut self.answer => answer.unwrap_or_else(|_| Err(PortError::unavailable(CLOSED))),
            () = clock.sleep_until(self.deadline + grace) => {
                Err(PortError::unavailable("the embedded store did not finish in time; the outcome is unknown"))
            }
        }
    }

    /// Waits for the outcome on a thread of its own.
    pub(crate) fn blocking(self) -> Result<T, PortError> {
        self.answer.blocking_recv().unwrap_or_else(|_| Err(PortError::unavailable(CLOSED)))
    }
}

/// Goes to whoever takes it first.
#[derive(Default)]
struct Claim(AtomicBool);

impl Claim {
    fn take(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

struct Task<T, W> {
    work: Option<W>,
    outcome: Option<Result<T, PortError>>,
    answer: oneshot::Sender<Result<T, PortError>>,
    claim: Arc<Claim>,
    deadline: Instant,
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send,
{
    fn begin(&self, now: Instant) -> bool {
        now < self.deadline && self.claim.take()
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> bool {
        let Some(work) = self.work.take() else { return false };
        // What a panic leaves behind is undone with the step, so nothing broken is seen later.
        let outcome = match catch_unwind(AssertUnwindSafe(|| work(connection))) {
            Ok(outcome) => outcome.map_err(PortError::from),
            Err(panic) => Err(PortError::corrupt(format!("a step panicked: {}", message(&*panic)))),
        };
        let done = outcome.is_ok();
        self.outcome = Some(outcome);
        done
    }

    fn answer(self: Box<Self>, undone: Option<&str>) {
        let outcome = match (self.outcome, undone) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(_)) | None, Some(reason)) => Err(PortError::unavailable(reason)),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(PortError::unavailable(LATE)),
        };
        // A caller who has gone away needs no answer.
        drop(self.answer.send(outcome));
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
