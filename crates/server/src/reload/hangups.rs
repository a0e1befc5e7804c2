//! SIGHUP.

use std::future::pending;

use tokio::signal::unix::{Signal, SignalKind};

use crate::command_error::CommandError;
use crate::signals;

/// The SIGHUPs that the process receives. Those that arrive while one is handled count as one.
///
/// The default receives none, so that SIGHUP ends the process.
#[derive(Default)]
pub(crate) struct Hangups(Option<Signal>);

impl Hangups {
    /// Receives SIGHUP from now on, so that it no longer ends the process.
    ///
    /// # Errors
    /// [`CommandError`] if the system does not allow it.
    pub(crate) fn listen() -> Result<Self, CommandError> {
        Ok(Self(Some(signals::receive(SignalKind::hangup())?)))
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        let received = match &mut self.0 {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if received.is_none() {
            pending::<()>().await;
        }
    }
}
