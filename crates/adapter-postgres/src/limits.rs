//! How long anything may take.

use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use tokio::time::timeout_at;

use crate::error::StoreError;

/// A whole call, and each statement on the server.
pub(crate) const STATEMENT: Duration = Duration::from_secs(2);
/// Waiting for a connection of the pool, one that has to be made included.
pub(crate) const POOL_WAIT: Duration = Duration::from_secs(1);
/// Making a connection, TLS and authentication included.
pub(crate) const CONNECT: Duration = Duration::from_secs(1);
/// Returns the share of the time to connect that each of `servers` has.
pub(crate) fn share_of_connecting(servers: usize) -> Duration {
    CONNECT.checked_div(u32::try_from(servers).unwrap_or(u32::MAX)).unwrap_or(CONNECT)
}

/// How far the clock of the server may be from ours.
pub(crate) const CLOCKS_APART: time::Duration = time::Duration::seconds(2);

/// Returns when a call that begins now has to end; too late already is an error.
pub(crate) fn begin(clock: &dyn Clock, request_time: RequestTime) -> Result<Instant, StoreError> {
    let now = clock.instant();
    if now >= request_time.deadline() {
        return Err(StoreError::TooLate);
    }
    Ok(request_time.deadline().min(now + STATEMENT))
}

/// Waits for `work` until then: a server that is frozen answers nothing, not even that it is late.
pub(crate) async fn bounded<T, E>(
    until: Instant,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError>
where
    StoreError: From<E>,
{
    match timeout_at(until.into(), work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(StoreError::Silent),
    }
}
