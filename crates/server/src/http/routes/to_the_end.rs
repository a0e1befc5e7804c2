//! Running a use case to its end, whether or not the client still waits.

use std::future::Future;

use tracing::{Instrument, Span, error};

use crate::app::AppState;
use crate::http::ApiError;

/// Runs `case` in a task of its own: a client that hangs up loses only the answer.
///
/// The task belongs to the process, not to the connection, and shutdown waits for it.
pub(super) async fn to_the_end<T: Send + 'static>(
    state: &AppState,
    case: impl Future<Output = T> + Send + 'static,
) -> Result<T, ApiError> {
    let task = state.tasks.spawn_on(case.instrument(Span::current()), &state.runtime);
    task.await.map_err(|_| {
        error!(event = "panic", "a use case panicked");
        ApiError::Internal
    })
}
