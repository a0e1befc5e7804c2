//! Retries of settlements that the store did not accept.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{Event, LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket};
use auth_domain::ports::{Clock, LoginLimiter, PortError, PortErrorKind, start_request};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, warn};

#[cfg(test)]
mod tests;

/// The most settlements that are retried at once, and the most reservations of unknown outcome that are undone at once.
const MAX_PENDING: usize = 1_024;
/// The time after which a settlement is not retried any more.
const RETRY_LIMIT: Duration = Duration::from_mins(1);
/// The pause before the first retry. Each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// The timeout of one retry.
const RETRY_TIMEOUT: Duration = Duration::from_secs(1);

/// A [`LoginLimiter`] that retries settlements in the background while the store is unreachable.
///
/// An attempt that stays unsettled is counted as a failure. Without retries, an outage would bring users closer to their
/// limit than their own failures. A reservation without an answer may have been counted too, although its client got a 503.
///
/// It is in front of [`QueueingLoginLimiter`](super::QueueingLoginLimiter): a late settlement also wakes waiting attempts.
pub(super) struct RetryingLoginLimiter {
    limiter: Arc<dyn LoginLimiter>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    /// Ends all retries when the process stops.
    stopping: CancellationToken,
    settlements: Arc<Semaphore>,
    /// Separate from settlements: while a store is frozen every attempt has an unknown reservation, and few of them were
    /// counted.
    unknown_reservations: Arc<Semaphore>,
}

impl RetryingLoginLimiter {
    /// Retries settlements of `limiter` in tasks of `runtime`, until `stopping`.
    pub(super) fn new(
        limiter: Arc<dyn LoginLimiter>,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        stopping: CancellationToken,
    ) -> Self {
        let [settlements, unknown_reservations] = [(); 2].map(|()| Arc::new(Semaphore::new(MAX_PENDING)));
        Self { limiter, clock, runtime, stopping, settlements, unknown_reservations }
    }

    fn retry(&self, pending: &Arc<Semaphore>, ticket: Ticket, outcome: Settlement) {
        let Ok(permit) = Arc::clone(pending).try_acquire_owned() else {
            return warn!(event = Event::SettlementLost.name(), "too many login attempts wait to be settled");
        };
        let (limiter, clock, stopping) = (self.limiter.clone(), self.clock.clone(), self.stopping.clone());
        let task = async move {
            let settling = timeout(RETRY_LIMIT, settle_with_retries(&*limiter, &*clock, &ticket, outcome));
            if let Some(Err(_)) = stopping.run_until_cancelled(settling).await {
                warn!(
                    event = Event::SettlementLost.name(),
                    "a login attempt could not be settled for a minute"
                );
            }
            drop(permit);
        };
        self.runtime.spawn(task.instrument(Span::current()));
    }
}

#[async_trait]
impl LoginLimiter for RetryingLoginLimiter {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let reserved = self.limiter.reserve(attempt, request_time).await;
        if is_outcome_unknown(&reserved) {
            self.retry(&self.unknown_reservations, Ticket { attempt: *attempt }, Settlement::Abandoned);
        }
        reserved
    }

    async fn settle(
        &self,
        ticket: &Ticket,
        outcome: Settlement,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let settled = self.limiter.settle(ticket, outcome, request_time).await;
        if is_retryable(&settled) {
            self.retry(&self.settlements, *ticket, outcome);
        }
        settled
    }

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.limiter.clear(email, request_time).await
    }
}

/// Retries until the attempt is settled, or an error shows that retries cannot help.
async fn settle_with_retries(
    limiter: &dyn LoginLimiter,
    clock: &dyn Clock,
    ticket: &Ticket,
    outcome: Settlement,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        sleep(pause).await;
        let settled = limiter.settle(ticket, outcome, start_request(clock, RETRY_TIMEOUT)).await;
        if !is_retryable(&settled) {
            return;
        }
        pause = LAST_PAUSE.min(2 * pause);
    }
}

/// Returns whether a retry may succeed. Other errors are logged with the response to the client.
fn is_retryable(settled: &Result<(), PortError>) -> bool {
    match settled.as_ref().map_err(PortError::kind) {
        Err(PortErrorKind::Unavailable | PortErrorKind::Unanswered | PortErrorKind::Overloaded) => true,
        Ok(()) | Err(PortErrorKind::Corrupt | PortErrorKind::Misconfigured) => false,
    }
}

/// Returns whether the attempt may have been counted.
fn is_outcome_unknown(reserved: &Result<Reservation, PortError>) -> bool {
    match reserved.as_ref().map_err(PortError::kind) {
        Err(PortErrorKind::Unanswered) => true,
        Ok(_)
        | Err(
            PortErrorKind::Unavailable
            | PortErrorKind::Overloaded
            | PortErrorKind::Corrupt
            | PortErrorKind::Misconfigured,
        ) => false,
    }
}
