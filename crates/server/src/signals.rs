//! Signals of the operating system.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command_error::CommandError;

/// Receives a signal from now on.
///
/// # Errors
/// [`CommandError`] if the system does not allow it.
pub(crate) fn receive(kind: SignalKind) -> Result<Signal, CommandError> {
    signal(kind).map_err(|error| CommandError::Failed(format!("signals cannot be received: {error}")))
}
