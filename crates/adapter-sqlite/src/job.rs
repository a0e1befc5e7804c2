//! A job for the database, and the caller who waits for it.
//!
//! **Invariant**: if a caller gets "nothing changed", nothing changes later either. A job is claimed once: by the thread that
//! starts it, or by the caller at its deadline.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_domain::ports::{Clock, PortError, PortErrorKind};
use diesel::SqliteConnection;
use tokio::sync::oneshot;

use crate::error::StoreError;

pub(crate) const CLOSED: &str = "the embedded store is closed";
const LATE: &str = "the deadline passed before the embedded store started the call; nothing changed";

/// A job without the type of its result, as the threads run it.
pub(crate) trait Job: Send {
    /// Claims the job; `false` if it must not start any more.
    fn start(&self, now: Instant) -> bool;

    /// Runs the job once; `false` if its changes must be undone.
    fn run(&mut self, connection: &mut SqliteConnection) -> bool;

    /// Sends the result to the caller. `failure` is that of the transaction: it was rolled back, or, if the failure is
    /// `Unanswered`, its outcome is unknown.
    fn answer(self: Box<Self>, failure: Option<&PortError>);
}

/// A queued job, as its caller sees it.
pub(crate) struct Pending<T> {
    answer: oneshot::Receiver<Result<T, PortError>>,
    claim: Arc<Claim>,
    deadline: Instant,
}

/// A job that runs `work`, and the caller's end of it.
pub(crate) fn job<T, W>(deadline: Instant, work: W) -> (Box<dyn Job>, Pending<T>)
where
    T: Send + 'static,
    W: FnOnce(&mut SqliteConnection) -> Result<T, StoreError> + Send + 'static,
{
    let (sender, answer) = oneshot::channel();
    let claim = Arc::new(Claim::default());
    let task = Task { work: Some(work), outcome: None, answer: sender, claim: Arc::clone(&claim), deadline };
    (Box::new(task), Pending { answer, claim, deadline })
}

impl<T> Pending<T> {
    /// Waits until the deadline for the result of a job that changes nothing.
    pub(crate) async fn read(mut self, clock: &dyn Clock) -> Result<T, PortError> {
        tokio::select! {
            biased;
            answer = &mut self.answer => answer.unwrap_or_else(|_| Err(PortError::unavailable(CLOSED))),
            () = clock.sleep_until(self.deadline) => {
                self.claim.take();
                Err(PortError::unavailable("the embedded store did not answer in time"))
            }
        }
    }

    /// Waits for the result. A job that has started is awaited past its deadline, for `grace` at most.
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
                Err(PortError::unanswered("the embedded store did not finish in time; the outcome is unknown"))
            }
        }
    }

    /// Blocks the thread until the result is there.
    pub(crate) fn blocking(self) -> Result<T, PortError> {
        self.answer.blocking_recv().unwrap_or_else(|_| Err(PortError::unavailable(CLOSED)))
    }
}

/// A claim on a job, which only the first caller of `take` gets.
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
    fn start(&self, now: Instant) -> bool {
        now < self.deadline && self.claim.take()
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> bool {
        let Some(work) = self.work.take() else { return false };
        // The savepoint of a job that panics is rolled back, so nothing half done is seen later.
        let outcome = match catch_unwind(AssertUnwindSafe(|| work(connection))) {
            Ok(outcome) => outcome.map_err(PortError::from),
            Err(panic) => Err(PortError::corrupt(format!("a job panicked: {}", message(&*panic)))),
        };
        let is_done = outcome.is_ok();
        self.outcome = Some(outcome);
        is_done
    }

    fn answer(self: Box<Self>, failure: Option<&PortError>) {
        let outcome = match (self.outcome, failure) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(_)), Some(failure)) => Err(failure.clone()),
            (Some(Ok(value)), None) => Ok(value),
            (None, Some(failure)) if failure.kind() != PortErrorKind::Unanswered => Err(failure.clone()),
            (None, _) => Err(PortError::unavailable(LATE)),
        };
        // The caller may have hung up.
        drop(self.answer.send(outcome));
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
