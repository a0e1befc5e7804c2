//! Running a use case to its end, whether or not the client still waits.

use std::future::Future;

use auth_verifier::AuthError;
use tracing::{Instrument, Span};

use crate::app::AppState;
use crate::http::ApiError;

/// Runs `case` in a task of its own, and translates how it failed: a client that hangs up loses only
/// the answer.
///
/// The task belongs to the process, not to the connection, and shutdown waits for it.
pub(super) async fn run_to_completion<T, E>(
    state: &AppState,
    case: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    E: Send + 'static,
    ApiError: for<'error> From<&'error E>,
{
    let task = state.tasks.spawn_on(case.instrument(Span::current()), &state.runtime);
    // A panic, which the panic hook has logged.
    let result = task.await.map_err(|_| AuthError::Internal)?;
    result.map_err(|error| (&error).into())
}
