//! The signals that stop the process.

use tokio::signal::unix::{Signal, SignalKind};

use crate::command_error::CommandError;
use crate::signals;

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
        Ok(Self {
            terminate: signals::receive(SignalKind::terminate())?,
            interrupt: signals::receive(SignalKind::interrupt())?,
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
