//! The task that reads and writes the socket of a connection.

use tokio::task::JoinHandle;

/// Dropping it closes the connection.
pub(crate) struct SocketTask(JoinHandle<()>);

impl SocketTask {
    /// Starts it on the runtime of the caller.
    pub(super) fn spawn<E>(wire: impl Future<Output = Result<(), E>> + Send + 'static) -> Self {
        Self(tokio::spawn(async move {
            // Each statement on the connection receives the error itself.
            let _ = wire.await;
        }))
    }

    pub(super) fn is_open(&self) -> bool {
        !self.0.is_finished()
    }
}

impl Drop for SocketTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}
