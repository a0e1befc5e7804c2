//! Retries of settlements that the store did not accept.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, Event, LimitKey, LoginAttempt, RequestTime, Reservation, Settlement,
    Ticket,
};
use auth_domain::ports::{Clock, LoginLimiter, PortError, PortErrorKind, start_request};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::background_retries::{ATTEMPT_TIMEOUT, BackgroundRetries, FIRST_PAUSE, GivenUp};

#[cfg(test)]
mod tests;

/// The time after which a settlement is not retried any more.
const RETRY_LIMIT: Duration = Duration::from_mins(1);

/// A [`LoginLimiter`] that retries settlements in the background while the store is unreachable.
///
/// An attempt that stays unsettled is counted as a failure. Without retries, an outage would bring users closer to their
/// limit than their own failures. A reservation without an answer may have been counted too, although its client got a 503.
///
/// It is in front of [`QueueingLoginLimiter`](super::QueueingLoginLimiter): a late settlement also wakes waiting attempts.
pub(super) struct RetryingLoginLimiter {
    limiter: Arc<dyn LoginLimiter>,
    clock: Arc<dyn Clock>,
    settlements: BackgroundRetries,
    /// Separate from settlements: while a store is frozen every attempt has an unknown reservation, and few of them were
    /// counted.
    unknown_reservations: BackgroundRetries,
}

impl RetryingLoginLimiter {
    /// Retries settlements of `limiter` in tasks of `runtime`, until `stopping`.
    pub(super) fn new(
        limiter: Arc<dyn LoginLimiter>,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        stopping: CancellationToken,
    ) -> Self {
        let settlements = BackgroundRetries::new(runtime.clone(), stopping.clone(), RETRY_LIMIT);
        let unknown_reservations = BackgroundRetries::new(runtime, stopping, RETRY_LIMIT);
        Self { limiter, clock, settlements, unknown_reservations }
    }

    fn retry(&self, pending: &BackgroundRetries, ticket: Ticket, outcome: Settlement) {
        let (limiter, clock) = (self.limiter.clone(), self.clock.clone());
        let attempt = move || {
            let (limiter, clock) = (limiter.clone(), clock.clone());
            async move {
                let request_time = start_request(&*clock, ATTEMPT_TIMEOUT);
                !is_retryable(&limiter.settle(&ticket, outcome, request_time).await)
            }
        };
        pending.spawn(FIRST_PAUSE, attempt, not_settled);
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
            self.retry(
                &self.unknown_reservations,
                Ticket { attempt: *attempt, is_known: false },
                Settlement::Abandoned,
            );
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

    async fn clear(&self, cleared: ClearedLimit, request_time: RequestTime) -> Result<(), PortError> {
        self.limiter.clear(cleared, request_time).await
    }

    async fn forget_addresses(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.limiter.forget_addresses(email, request_time).await
    }

    async fn status(
        &self,
        email: LimitKey,
        request_time: RequestTime,
    ) -> Result<EmailLimitStatus, PortError> {
        self.limiter.status(email, request_time).await
    }
}

fn not_settled(reason: GivenUp) {
    let text = match reason {
        GivenUp::TooMany => "too many login attempts wait to be settled",
        GivenUp::TimedOut => "a login attempt could not be settled for a minute",
        GivenUp::Stopping => return,
    };
    warn!(event = Event::SettlementLost.name(), "{text}");
}

/// Returns whether a retry may succeed. Other errors are logged with the response to the client.
fn is_retryable(settled: &Result<(), PortError>) -> bool {
    match settled.as_ref().map_err(PortError::kind) {
        // An administrator may grant a missing right within the minute.
        Err(
            PortErrorKind::Unavailable
            | PortErrorKind::Unanswered
            | PortErrorKind::Overloaded
            | PortErrorKind::Misconfigured,
        ) => true,
        Ok(()) | Err(PortErrorKind::Corrupt) => false,
    }
}

/// Returns whether the attempt may have been counted.
fn is_outcome_unknown(reserved: &Result<Reservation, PortError>) -> bool {
    match reserved.as_ref().map_err(PortError::kind) {
        // A script that lacks a right stops in the middle.
        Err(PortErrorKind::Unanswered | PortErrorKind::Misconfigured) => true,
        Ok(_) | Err(PortErrorKind::Unavailable | PortErrorKind::Overloaded | PortErrorKind::Corrupt) => false,
    }
}
