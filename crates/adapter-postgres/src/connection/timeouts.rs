//! Timeouts, and waiting with a deadline.

use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use tokio::time::timeout_at;

use crate::error::StoreError;

/// The timeout of a call, and of each statement on the server.
pub(crate) const STATEMENT: Duration = Duration::from_secs(2);
/// The timeout of waiting for a pooled connection, including connecting.
pub(super) const POOL_WAIT: Duration = Duration::from_secs(1);
/// The timeout of connecting, including TLS and authentication.
pub(super) const CONNECT: Duration = Duration::from_secs(1);

/// Returns the deadline of a call that begins now: that of the request, but at most [`STATEMENT`] from now.
pub(super) fn call_deadline(clock: &dyn Clock, deadline: Instant) -> Result<Instant, StoreError> {
    let now = clock.instant();
    if now >= deadline {
        return Err(StoreError::DeadlinePassed);
    }
    Ok(deadline.min(now + STATEMENT))
}

/// Waits for `work` until `deadline`. The server's own timeouts are not enough, because a frozen server sends nothing.
pub(crate) async fn bounded<T, E>(
    deadline: Instant,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError>
where
    StoreError: From<E>,
{
    match timeout_at(deadline.into(), work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(StoreError::TimedOut),
    }
}
