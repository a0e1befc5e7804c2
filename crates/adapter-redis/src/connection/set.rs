//! A set of shared connections.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use auth_domain::ports::PortError;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::multiplexed::Connection;
use crate::error::{StoreError, StoreResult};

/// The shared connections of one worker, or of everything else in the process. They are used in turn.
pub(crate) struct ConnectionSet {
    slots: Vec<Slot>,
    next: AtomicUsize,
    /// Where connections are opened; `None`: on the runtime of the caller.
    runtime: Option<Handle>,
}

/// A connection that is opened when it is first needed, and replaced when it fails.
#[derive(Default)]
pub(crate) struct Slot {
    current: RwLock<Option<Arc<Connection>>>,
    /// Held while a connection is opened, so that concurrent callers share it.
    pub(crate) opening: Mutex<()>,
    /// When opening a connection last failed, and why.
    failure: RwLock<Option<(Instant, PortError)>>,
}

/// The task that opens a connection. It stops if the caller hangs up.
struct Opening(JoinHandle<StoreResult<Connection>>);

impl ConnectionSet {
    pub(crate) fn new(connections: usize, runtime: Option<Handle>) -> Self {
        let slots = std::iter::repeat_with(Slot::default).take(connections.max(1)).collect();
        Self { slots, next: AtomicUsize::new(0), runtime }
    }

    /// Returns the slots in turn.
    pub(crate) fn next(&self) -> Option<&Slot> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.slots.get(turn % self.slots.len())
    }

    /// Opens a connection on the runtime of the set: that runtime reads and writes its socket.
    pub(crate) async fn on_runtime(
        &self,
        opening: impl Future<Output = StoreResult<Connection>> + Send + 'static,
    ) -> StoreResult<Connection> {
        match &self.runtime {
            Some(runtime) => {
                let mut task = Opening(runtime.spawn(opening));
                (&mut task.0).await.unwrap_or_else(|_| Err(ended()))
            }
            None => opening.await,
        }
    }

    /// Returns the open connections.
    pub(crate) fn open(&self) -> impl Iterator<Item = Arc<Connection>> {
        self.slots.iter().filter_map(Slot::current)
    }

    pub(crate) fn discard_all(&self) {
        self.slots.iter().for_each(|slot| slot.set(None));
    }

    /// Callers that wait for a reply on the connection keep it.
    pub(crate) fn discard(&self, connection: &Arc<Connection>) {
        self.slots.iter().for_each(|slot| slot.discard_if(|current| Arc::ptr_eq(current, connection)));
    }

    /// Discards the connections that are idle at this time.
    pub(crate) fn discard_idle(&self, now: Instant) {
        self.slots.iter().for_each(|slot| slot.discard_if(|current| current.is_idle(now)));
    }
}

impl Slot {
    pub(crate) fn current(&self) -> Option<Arc<Connection>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|connection| !connection.is_retired()).map(Arc::clone)
    }

    pub(crate) fn set(&self, connection: Option<Arc<Connection>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }

    pub(crate) fn fail(&self, now: Instant, error: PortError) {
        *self.failure.write().unwrap_or_else(PoisonError::into_inner) = Some((now, error));
    }

    /// Returns why opening a connection last failed, if that was not before an instant.
    pub(crate) fn failure_since(&self, since: Instant) -> Option<PortError> {
        let failure = self.failure.read().unwrap_or_else(PoisonError::into_inner);
        failure.as_ref().filter(|(at, _)| *at >= since).map(|(_, error)| error.clone())
    }

    fn discard_if(&self, condition: impl Fn(&Arc<Connection>) -> bool) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|current| condition(current));
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn ended() -> StoreError {
    StoreError::NotExecuted(PortError::unavailable("the process stops, so no connection to Redis is opened"))
}
