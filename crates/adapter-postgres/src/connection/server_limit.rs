//! The limit of connections of the server, as far as it is known.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;

use crate::error::StoreError;

/// How long no connection is opened after the server rejected one because of its limit. Each attempt costs the server a
/// process, and meanwhile the open connections are used.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether the server accepts more connections. All sets and the pool share it, because they share the limit.
pub(super) struct ServerLimit {
    clock: Arc<dyn Clock>,
    paused_until: Mutex<Option<Instant>>,
}

impl ServerLimit {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, paused_until: Mutex::default() }
    }

    /// Opens a connection, unless the server has just rejected one because of its limit.
    ///
    /// # Errors
    /// `TooManyConnections` if the limit is reached, otherwise the error of `opening`.
    pub(super) async fn open<T>(
        &self,
        opening: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if self.is_reached() {
            return Err(StoreError::TooManyConnections);
        }
        let opened = opening.await;
        if let Err(StoreError::TooManyConnections) = opened {
            *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(self.clock.instant() + PAUSE);
        }
        opened
    }

    /// Allows the next attempt at once, because a worker has yielded a connection.
    pub(super) fn reset(&self) {
        *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the server rejected a connection a moment ago.
    pub(super) fn is_reached(&self) -> bool {
        let paused_until = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        paused_until.is_some_and(|until| self.clock.instant() < until)
    }
}
