//! Use cases run to completion, also if the client hangs up.

use std::future::Future;

use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use super::error::ApiError;

/// The use cases in flight of one worker. They run on the thread of the worker, which waits for them before it ends.
#[derive(Clone, Default)]
pub(crate) struct UseCaseTasks(TaskTracker);

impl UseCaseTasks {
    /// Runs `case` to completion in a local task of its own, in the span of the request. A client that hangs up loses only the
    /// response.
    ///
    /// # Errors
    /// The error of the use case, and [`ApiError::Internal`] if it panics.
    pub(super) async fn run<T, E>(
        &self,
        case: impl Future<Output = Result<T, E>> + 'static,
    ) -> Result<T, ApiError>
    where
        T: 'static,
        E: Into<ApiError> + 'static,
    {
        let task = self.0.spawn_local(case.instrument(Span::current()));
        // The panic hook has logged the panic.
        task.await.map_err(|_| ApiError::Internal)?.map_err(Into::into)
    }

    /// Returns the tracker of the tasks of the worker.
    pub(crate) const fn tracker(&self) -> &TaskTracker {
        &self.0
    }
}
