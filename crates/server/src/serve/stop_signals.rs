//! The signals that stop the process.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command_error::CommandError;

/// The signals that stop the process: SIGTERM and Ctrl-C.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Receives the signals from now on.
    ///
    /// # Errors
    /// [`CommandError`] if the system does not allow it.
    pub(super) fn listen() -> Result<Self, CommandError> {
        let receive = |kind| {
            signal(kind).map_err(|error| CommandError::Failed(format!("signals cannot be received: {error}")))
        };
        Ok(Self {
            terminate: receive(SignalKind::terminate())?,
            interrupt: receive(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next signal.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
