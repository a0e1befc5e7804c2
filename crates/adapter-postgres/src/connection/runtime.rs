//! The runtime that reads and writes the sockets of connections.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::error::StoreError;

/// A runtime on which connections are opened.
#[derive(Clone)]
pub(super) enum Runtime {
    /// This one: the runtime of a worker ends earlier than the process does.
    Fixed(Handle),
    /// That of the caller who opens the connection.
    Caller,
}

/// The task that opens a connection. It stops if the caller hangs up.
struct Opening<T>(JoinHandle<Result<T, StoreError>>);

impl Runtime {
    /// Returns the present runtime, if there is one.
    pub(super) fn present() -> Self {
        Handle::try_current().map_or(Self::Caller, Self::Fixed)
    }

    pub(super) fn handle(&self) -> Option<Handle> {
        match self {
            Self::Fixed(runtime) => Some(runtime.clone()),
            Self::Caller => None,
        }
    }

    /// Opens a connection.
    pub(super) async fn open<T: Send + 'static>(
        &self,
        opening: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Self::Fixed(runtime) => {
                let mut task = Opening(runtime.spawn(opening));
                // An error means that the runtime has ended.
                (&mut task.0).await.unwrap_or(Err(StoreError::Unreachable))
            }
            Self::Caller => opening.await,
        }
    }
}

impl<T> Drop for Opening<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
