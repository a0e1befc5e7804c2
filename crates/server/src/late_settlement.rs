//! Settling login attempts whose store was away when they ended.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LimitKey, LoginAttempt, RequestTime, Reservation, Settlement, Ticket};
use auth_domain::ports::{Clock, LoginLimiter, PortError, PortErrorKind, start_request};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, warn};

#[cfg(test)]
mod tests;

/// How many attempts may be owed a settlement at once, and how many more may perhaps be.
const MAX_OWED: usize = 1_024;
/// For how long an attempt is owed one.
const PATIENCE: Duration = Duration::from_mins(1);
/// The pause before the first try again; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LAST_PAUSE: Duration = Duration::from_secs(2);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(1);

/// A [`LoginLimiter`] that goes on settling behind the caller's back when another one cannot be reached.
///
/// An attempt that stays unsettled becomes a failure in the end, so without this an outage would move
/// users closer to their limit than the failures they were answered. A reservation without an answer
/// may have counted, too, although its client was told 503.
///
/// It stands around the queue of waiters, who are woken by settlements that come late as well.
pub(crate) struct LateSettlement {
    limiter: Arc<dyn LoginLimiter>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    /// Gives every debt up: the process is on its way out.
    stopping: CancellationToken,
    owed: Arc<Semaphore>,
    /// Apart from the others: during an outage every attempt makes one, and most of them owe nothing.
    doubtful: Arc<Semaphore>,
}

impl LateSettlement {
    /// Settles late on behalf of `limiter`, in tasks that `stopping` ends.
    pub(crate) fn new(
        limiter: Arc<dyn LoginLimiter>,
        clock: Arc<dyn Clock>,
        runtime: Handle,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            limiter,
            clock,
            runtime,
            stopping,
            owed: Arc::new(Semaphore::new(MAX_OWED)),
            doubtful: Arc::new(Semaphore::new(MAX_OWED)),
        }
    }

    fn owe(&self, places: &Arc<Semaphore>, ticket: Ticket, outcome: Settlement) {
        let Ok(place) = Arc::clone(places).try_acquire_owned() else {
            return warn!(event = "settlement_lost", "too many login attempts wait to be settled");
        };
        let (limiter, clock, stopping) = (self.limiter.clone(), self.clock.clone(), self.stopping.clone());
        let debt = async move {
            let settling = timeout(PATIENCE, settle_in_the_end(&*limiter, &*clock, &ticket, outcome));
            if let Some(Err(_)) = stopping.run_until_cancelled(settling).await {
                warn!(event = "settlement_lost", "a login attempt could not be settled for a minute");
            }
            drop(place);
        };
        self.runtime.spawn(debt.instrument(Span::current()));
    }
}

#[async_trait]
impl LoginLimiter for LateSettlement {
    async fn reserve(
        &self,
        attempt: &LoginAttempt,
        request_time: RequestTime,
    ) -> Result<Reservation, PortError> {
        let reserved = self.limiter.reserve(attempt, request_time).await;
        if is_unknown(&reserved) {
            self.owe(&self.doubtful, Ticket { attempt: *attempt }, Settlement::Abandoned);
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
        if is_owed(&settled) {
            self.owe(&self.owed, *ticket, outcome);
        }
        settled
    }

    async fn clear(&self, email: LimitKey, request_time: RequestTime) -> Result<(), PortError> {
        self.limiter.clear(email, request_time).await
    }
}

/// Tries until it is done.
async fn settle_in_the_end(
    limiter: &dyn LoginLimiter,
    clock: &dyn Clock,
    ticket: &Ticket,
    outcome: Settlement,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        sleep(pause).await;
        let settled = limiter.settle(ticket, outcome, start_request(clock, TRY)).await;
        if !is_owed(&settled) {
            return;
        }
        pause = LAST_PAUSE.min(2 * pause);
    }
}

/// Whether trying again may help. Any other trouble was logged with the answer and stays.
fn is_owed(settled: &Result<(), PortError>) -> bool {
    match settled.as_ref().map_err(PortError::kind) {
        Err(PortErrorKind::Unavailable | PortErrorKind::Overloaded) => true,
        Ok(()) | Err(PortErrorKind::Corrupt | PortErrorKind::Misconfigured) => false,
    }
}

/// Whether an attempt may have been counted without anybody knowing; nothing was begun by one that is
/// overloaded.
fn is_unknown(reserved: &Result<Reservation, PortError>) -> bool {
    match reserved.as_ref().map_err(PortError::kind) {
        Err(PortErrorKind::Unavailable) => true,
        Ok(_) | Err(PortErrorKind::Overloaded | PortErrorKind::Corrupt | PortErrorKind::Misconfigured) => {
            false
        }
    }
}
