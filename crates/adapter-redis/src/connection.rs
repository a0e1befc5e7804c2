//! The shared connections of a process.

mod multiplexed;
mod outcome;
mod set;

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::observation::{Operation, RoundTrips};
use auth_domain::ports::{Clock, PortError};
use auth_store_connection::Change;
use tokio::runtime::Handle;
use tokio::time::timeout_at;

use self::multiplexed::before;
use self::set::{ConnectionSet, Slot};
use crate::config::RedisConfig;
use crate::connector::{CONNECT_TIMEOUT, Connector};
use crate::error::{ConfigError, StoreError, StoreResult};

pub(crate) use self::multiplexed::Connection;

/// The connections of the process set. With two, one can serve while the other one fails or receives a long reply.
pub(crate) const PROCESS_CONNECTIONS: usize = 2;
/// The connections of a worker set. One keeps the answers in the order of the questions, and a worker has one core only.
pub(crate) const WORKER_CONNECTIONS: usize = 1;
/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_millis(500);
/// How long an idle connection may take to show that it is alive.
const ALIVE_TIMEOUT: Duration = Duration::from_millis(200);
/// An attempt to connect that had less time than this may have failed because of its deadline.
const SHORT: Duration = Duration::from_millis(250);
/// How long a set does not connect after it failed to, as long as there is an open connection of another set.
const PAUSE: Duration = Duration::from_secs(1);

/// The connections, as one user of a set sees them; cheap to clone.
///
/// Each worker has a set of its own, so that its commands need no thread switch. All sets lead to the same server.
#[derive(Clone)]
pub(crate) struct Connections {
    shared: Arc<Shared>,
    set: Arc<ConnectionSet>,
    /// Whether these use open connections only.
    never_connects: bool,
    /// Why commands are sent, unless a script call states it.
    pub(crate) operation: Operation,
    pub(crate) connector: Arc<Connector>,
    pub(crate) clock: Arc<dyn Clock>,
}

struct Shared {
    process: Arc<ConnectionSet>,
    workers: Vec<Arc<ConnectionSet>>,
    origin: Instant,
}

impl Connections {
    /// Returns the connections of the process set. If there are workers, whose runtimes end earlier than the process does, they are
    /// opened on the present runtime, if there is one.
    pub(crate) fn new(connector: Connector, clock: Arc<dyn Clock>, workers: usize) -> Self {
        let runtime = (workers > 0).then(|| Handle::try_current().ok()).flatten();
        let process = Arc::new(ConnectionSet::new(PROCESS_CONNECTIONS, runtime));
        let worker = || Arc::new(ConnectionSet::new(WORKER_CONNECTIONS, None));
        let workers = std::iter::repeat_with(worker).take(workers).collect();
        let set = Arc::clone(&process);
        let shared = Arc::new(Shared { process, workers, origin: clock.instant() });
        Self {
            shared,
            set,
            never_connects: false,
            operation: Operation::Check,
            connector: Arc::new(connector),
            clock,
        }
    }

    /// Returns the connections of a worker, or of the process set if there is no such worker.
    pub(crate) fn for_worker(&self, index: usize) -> Self {
        let set = self.shared.workers.get(index).unwrap_or(&self.shared.process);
        Self { set: Arc::clone(set), ..self.clone() }
    }

    /// Returns the same connections for a batch. It does not connect, because if that failed, those behind it would wait as long
    /// again.
    pub(crate) fn without_connecting(&self) -> Self {
        Self { never_connects: true, ..self.clone() }
    }

    /// Returns the same connections for the commands of an operation.
    pub(crate) fn during(&self, operation: Operation) -> Self {
        Self { operation, ..self.clone() }
    }

    /// The reports of round trips.
    pub(crate) fn round_trips(&self) -> &RoundTrips {
        &self.connector.round_trips
    }

    /// The runtime of the set; `None`: that of the caller.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        self.set.runtime()
    }

    /// The number of connections of the set.
    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    /// Returns a connection of the set, and until when a command that is sent over it now may take.
    pub(crate) async fn acquire(&self, deadline: Instant) -> StoreResult<(Arc<Connection>, Instant)> {
        if self.clock.instant() >= deadline {
            return Err(StoreError::deadline_passed());
        }
        let Some(slot) = self.set.next() else { return Err(StoreError::deadline_passed()) };
        let connection = match self.alive(slot, deadline).await {
            Some(connection) => connection,
            None if self.never_connects => {
                self.open_connection().or_else(|| self.shared(slot)).ok_or(StoreError::NotOpen)?
            }
            None => self.open_or_share(slot, deadline).await?,
        };
        Ok((connection, deadline.min(self.clock.instant() + COMMAND_TIMEOUT)))
    }

    /// Returns the connection of a slot, if it is open. One that was idle may have died silently, as behind a firewall that has
    /// forgotten it, so it is asked first. If it is dead, all idle connections are discarded: they died of the same cause.
    async fn alive(&self, slot: &Slot, deadline: Instant) -> Option<Arc<Connection>> {
        let connection = slot.current()?;
        let now = self.clock.instant();
        if !connection.is_idle(now) || connection.is_alive(deadline.min(now + ALIVE_TIMEOUT)).await {
            return Some(connection);
        }
        self.sets().for_each(|set| set.discard_idle(now));
        None
    }

    /// Opens a connection if none is open. Callers of a batch do so first.
    pub(crate) async fn ensure_open(&self, deadline: Instant) -> StoreResult<()> {
        if self.open_connection().is_none() {
            self.acquire(deadline).await?;
        }
        Ok(())
    }

    /// Opens a connection. If that fails at once, as when the server accepts no more connections, an open one is shared.
    async fn open_or_share(&self, slot: &Slot, deadline: Instant) -> StoreResult<Arc<Connection>> {
        if let Some(connection) = self.shared(slot) {
            return Ok(connection);
        }
        let started = self.clock.instant();
        let opened = self.open(slot, deadline).await;
        let is_at_once = self.clock.instant() < deadline.min(started + CONNECT_TIMEOUT);
        opened.or_else(|error| self.any_open().filter(|_| is_at_once).ok_or(error))
    }

    /// Returns an open connection of any set, if this set has just failed to connect.
    fn shared(&self, slot: &Slot) -> Option<Arc<Connection>> {
        slot.failure_since(self.clock.instant().checked_sub(PAUSE)?)?;
        self.any_open()
    }

    /// Single-flight connect: concurrent callers wait for the first and share its connection, or its failure.
    async fn open(&self, slot: &Slot, deadline: Instant) -> StoreResult<Arc<Connection>> {
        let asked = self.clock.instant();
        let until = deadline.min(asked + CONNECT_TIMEOUT);
        let Ok(_opening) = timeout_at(until.into(), slot.opening.lock()).await else {
            return Err(StoreError::deadline_passed());
        };
        if let Some(connection) = slot.current() {
            return Ok(connection);
        }
        if let Some(error) = slot.failure_since(asked) {
            return Err(StoreError::NotExecuted(error));
        }
        let started = self.clock.instant();
        let (connector, clock) = (Arc::clone(&self.connector), Arc::clone(&self.clock));
        // Boxed, so that the futures of commands are not as large as this one.
        let opening = Box::pin(Connection::open(connector, clock, self.shared.origin));
        let opening = self.set.on_runtime(opening);
        // The command of the caller is sent only after the connection is open, so it was not executed.
        let opened = before(until, opening).await.map_err(|error| PortError::from(error.of_read()));
        let now = self.clock.instant();
        let outcome = opened.as_ref().map(drop).map_err(PortError::kind);
        self.round_trips().record(Operation::Connect, outcome, now.saturating_duration_since(started));
        let opened = opened.inspect_err(|error| {
            if now < until || until.saturating_duration_since(started) >= SHORT {
                slot.fail(now, error.clone());
            }
        });
        let connection = Arc::new(opened.map_err(StoreError::NotExecuted)?);
        slot.set(Some(Arc::clone(&connection)));
        Ok(connection)
    }

    /// Returns a connection of the set that is open already.
    pub(crate) fn open_connection(&self) -> Option<Arc<Connection>> {
        self.set.open().next()
    }

    /// Returns an open connection: one of the set, if there is one.
    fn any_open(&self) -> Option<Arc<Connection>> {
        self.open_connection().or_else(|| self.sets().flat_map(ConnectionSet::open).next())
    }

    /// Returns the open connections of all sets except this one.
    pub(crate) fn others(&self, connection: &Arc<Connection>) -> Vec<Arc<Connection>> {
        let open = self.sets().flat_map(ConnectionSet::open);
        open.filter(|other| !Arc::ptr_eq(other, connection)).collect()
    }

    /// Discards the connections that must not be used again after this result.
    pub(crate) fn discard_on_error<T>(
        &self,
        connection: &Arc<Connection>,
        result: StoreResult<T>,
    ) -> StoreResult<T> {
        match &result {
            Err(StoreError::Unanswered(_) | StoreError::Closed(_)) => {
                self.sets().for_each(|set| set.discard(connection));
            }
            Err(StoreError::Replica(_)) => self.discard_all(),
            Ok(_) | Err(StoreError::NotExecuted(_) | StoreError::NotOpen) => {}
        }
        result
    }

    /// Prepares the use of another configuration. Connections of another server or user are then discarded.
    pub(crate) fn prepare(&self, config: &RedisConfig) -> Result<Change, ConfigError> {
        let (change, connections) = (self.connector.prepare(config)?, self.clone());
        Ok(Change::new(change.settings().to_vec(), move || {
            change.apply();
            connections.sets().for_each(ConnectionSet::discard_retired);
        }))
    }

    /// Discards every connection of every set: they lead to the same server.
    pub(crate) fn discard_all(&self) {
        self.sets().for_each(ConnectionSet::discard_all);
    }

    fn sets(&self) -> impl Iterator<Item = &ConnectionSet> {
        std::iter::once(&self.shared.process).chain(&self.shared.workers).map(|set| &**set)
    }
}
