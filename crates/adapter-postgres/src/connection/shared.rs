//! The connections that lookups share.
//!
//! Statements are pipelined: a lookup does not wait for the answer to the one before it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use super::open_connection::OpenConnection;
use super::reloadable_connector::ReloadableConnector;
use super::runtime::Runtime;
use super::server_limit::ServerLimit;
use super::timeouts::{CONNECT, bounded};
use crate::error::StoreError;

/// A connection that has not answered a statement for this long is discarded. After a shorter wait, the caller's deadline
/// may have been the reason.
const UNRESPONSIVE: Duration = Duration::from_millis(250);

/// The shared connections, made when they are first needed.
pub(super) struct SharedConnections {
    connector: Arc<ReloadableConnector>,
    clock: Arc<dyn Clock>,
    slots: Vec<Slot>,
    runtime: Runtime,
    limit: Arc<ServerLimit>,
    turn: AtomicUsize,
    /// Held by the caller that connects.
    connecting: Mutex<()>,
    /// The number of failed attempts to connect.
    failures: AtomicUsize,
}

#[derive(Default)]
struct Slot(RwLock<Option<Arc<OpenConnection>>>);

impl SharedConnections {
    pub(super) fn new(
        connections: usize,
        runtime: Runtime,
        connector: Arc<ReloadableConnector>,
        limit: Arc<ServerLimit>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (turn, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let slots = std::iter::repeat_with(Slot::default).take(connections.max(1)).collect();
        Self { connector, clock, slots, runtime, limit, turn, connecting: Mutex::default(), failures }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Returns the connections in turn, and connects if necessary.
    pub(super) async fn get(&self, deadline: Instant) -> Result<Arc<OpenConnection>, StoreError> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.slots.len();
        let Some(slot) = self.slots.get(turn) else { return Err(StoreError::Unreachable) };
        match slot.get() {
            Some(connection) => Ok(connection),
            None => self.connect(slot, deadline).await,
        }
    }

    /// Returns an open connection.
    pub(super) fn any_open(&self) -> Option<Arc<OpenConnection>> {
        self.all_open().next()
    }

    pub(super) fn all_open(&self) -> impl Iterator<Item = Arc<OpenConnection>> {
        self.slots.iter().filter_map(Slot::get)
    }

    pub(super) fn is_connecting(&self) -> bool {
        self.connecting.try_lock().is_err()
    }

    /// Closes the connections after the statements that are on them.
    pub(super) fn close(&self) {
        self.slots.iter().for_each(Slot::clear);
    }

    /// Closes the connections that must not be used again, after the statements that are on them.
    pub(super) fn close_unusable(&self) {
        self.slots.iter().filter(|slot| slot.get().is_none()).for_each(Slot::clear);
    }

    /// Runs a statement on a connection. If the error shows that the connection is unusable, later callers get another
    /// one; statements that are already on it continue.
    pub(super) async fn run<T, E>(
        &self,
        connection: &Arc<OpenConnection>,
        deadline: Instant,
        statement: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        let started = self.clock.instant();
        let outcome = bounded(deadline, statement).await;
        if let Err(error) = &outcome {
            if matches!(error, StoreError::Demoted) {
                // Every other connection leads to the same server.
                self.slots.iter().for_each(Slot::clear);
            }
            let is_unresponsive =
                matches!(error, StoreError::TimedOut) && is_the_servers_fault(error, started, deadline);
            if is_unresponsive || error.is_connection_error() {
                self.slots.iter().for_each(|slot| slot.discard(connection));
            }
        }
        outcome
    }

    /// Single-flight connect: concurrent callers wait for the first and share its result.
    async fn connect(&self, slot: &Slot, deadline: Instant) -> Result<Arc<OpenConnection>, StoreError> {
        let failures = self.failures.load(Ordering::Acquire);
        let deadline = deadline.min(self.clock.instant() + CONNECT);
        let Ok(_connecting) = timeout_at(deadline.into(), self.connecting.lock()).await else {
            return Err(StoreError::TimedOut);
        };
        if let Some(connection) = slot.get() {
            return Ok(connection);
        }
        if self.failures.load(Ordering::Acquire) != failures {
            return Err(StoreError::Unreachable);
        }
        let started = self.clock.instant();
        let connector = Arc::clone(&self.connector);
        // Boxed, so that the futures of lookups are not as large as this one.
        let opening = Box::pin(async move { connector.connect(deadline).await });
        let opening = self.runtime.open(opening);
        let connection = self.limit.open(opening).await.inspect_err(|error| {
            if is_the_servers_fault(error, started, deadline)
                && !matches!(error, StoreError::TooManyConnections)
            {
                self.failures.fetch_add(1, Ordering::Release);
            }
        })?;
        let connection = Arc::new(connection);
        slot.set(Arc::clone(&connection));
        Ok(connection)
    }
}

/// Whether an error is due to the server and not to a deadline that was too close.
fn is_the_servers_fault(error: &StoreError, started: Instant, deadline: Instant) -> bool {
    !matches!(error, StoreError::TimedOut) || deadline.saturating_duration_since(started) >= UNRESPONSIVE
}

impl Slot {
    fn get(&self) -> Option<Arc<OpenConnection>> {
        let connection = self.0.read().unwrap_or_else(PoisonError::into_inner);
        connection.as_ref().filter(|connection| connection.is_open()).map(Arc::clone)
    }

    fn set(&self, connection: Arc<OpenConnection>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }

    fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn discard(&self, connection: &Arc<OpenConnection>) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|current| Arc::ptr_eq(current, connection));
    }
}
