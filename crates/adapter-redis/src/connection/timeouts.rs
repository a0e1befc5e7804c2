//! How long commands may take.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use crate::error::{StoreError, StoreResult};

/// How long a command may take.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_millis(500);

/// Waits for `result` until an instant. The command that it sends may be executed later.
pub(crate) async fn before<T>(
    until: Instant,
    result: impl Future<Output = StoreResult<T>>,
) -> StoreResult<T> {
    timeout_at(until.into(), result).await.unwrap_or_else(|_| Err(StoreError::timeout()))
}
