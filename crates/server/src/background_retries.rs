//! Calls that are repeated in the background until they succeed.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

/// The most calls that one owner repeats at once.
pub(crate) const MAX_PENDING: usize = 1_024;
/// The timeout of one attempt.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause before the first attempt. Each pause is twice as long as the one before.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two attempts.
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// The reason why a call is not repeated any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// Too many other calls are repeated.
    TooMany,
    /// The call did not succeed in time.
    TimedOut,
    /// The process stops.
    Stopping,
}

/// Repeats calls in tasks of their own, at most [`MAX_PENDING`] at once.
pub(crate) struct BackgroundRetries {
    runtime: Handle,
    /// Ends all tasks when the process stops.
    stopping: CancellationToken,
    /// How long a call is repeated.
    limit: Duration,
    permits: Arc<Semaphore>,
}

impl BackgroundRetries {
    /// Repeats calls for `limit` in tasks of `runtime`, until `stopping`.
    pub(crate) fn new(runtime: Handle, stopping: CancellationToken, limit: Duration) -> Self {
        Self { runtime, stopping, limit, permits: Arc::new(Semaphore::new(MAX_PENDING)) }
    }

    /// Makes the first attempt after `pause`, and repeats it until one is done.
    ///
    /// # Parameters
    /// - `attempt`: makes an attempt, and returns whether the call is done.
    /// - `given_up`: is called with the reason if no attempt is done.
    pub(crate) fn spawn<F: Future<Output = bool> + Send>(
        &self,
        pause: Duration,
        attempt: impl Fn() -> F + Send + Sync + 'static,
        given_up: impl FnOnce(GivenUp) + Send + 'static,
    ) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return given_up(GivenUp::TooMany);
        };
        let (stopping, limit) = (self.stopping.clone(), self.limit);
        let task = async move {
            match stopping.run_until_cancelled(timeout(limit, repeat(pause, attempt))).await {
                Some(Ok(())) => {}
                Some(Err(_)) => given_up(GivenUp::TimedOut),
                None => given_up(GivenUp::Stopping),
            }
            drop(permit);
        };
        self.runtime.spawn(task.instrument(Span::current()));
    }

    /// Returns how many calls are not repeated at the moment.
    #[cfg(test)]
    pub(crate) fn available(&self) -> usize {
        self.permits.available_permits()
    }
}

async fn repeat<F: Future<Output = bool>>(mut pause: Duration, attempt: impl Fn() -> F) {
    loop {
        sleep(pause).await;
        if attempt().await {
            return;
        }
        pause = LAST_PAUSE.min(2 * pause.max(FIRST_PAUSE));
    }
}
