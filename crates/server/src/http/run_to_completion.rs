//! Use cases run to completion, also if the client hangs up.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use super::error::ApiError;

/// The use cases in flight. They belong to the process, not to a connection, and shutdown waits for them.
pub(crate) struct UseCaseTasks {
    tracker: TaskTracker,
    /// The runtime of the process, which outlives every connection.
    runtime: Handle,
}

impl UseCaseTasks {
    /// Runs use cases on `runtime`.
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { tracker: TaskTracker::new(), runtime }
    }

    /// Runs `case` to completion in a task of its own, in the span of the request. A client that hangs up loses only the
    /// response.
    ///
    /// # Errors
    /// The error of the use case, and [`ApiError::Internal`] if it panics.
    pub(super) async fn run<T, E>(
        &self,
        case: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        E: Into<ApiError> + Send + 'static,
    {
        let task = self.tracker.spawn_on(case.instrument(Span::current()), &self.runtime);
        // The panic hook has logged the panic.
        task.await.map_err(|_| ApiError::Internal)?.map_err(Into::into)
    }

    /// Waits until no use case is in flight; returns whether this happened within `limit`.
    pub(crate) async fn finish(&self, limit: Duration) -> bool {
        self.tracker.close();
        timeout(limit, self.tracker.wait()).await.is_ok()
    }
}
