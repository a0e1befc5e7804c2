//! The shared connections of a process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, Value};
use tokio::sync::Mutex;
use tokio::time::timeout_at;

use crate::clock::{ClockSample, ServerClock};
use crate::connector::{CONNECT_TIMEOUT, Connector};
use crate::error::{StoreError, StoreResult};
use crate::scripts::load_scripts;

/// With two connections, one can serve while the other one fails or receives a long reply.
pub(crate) const MAX_CONNECTIONS: usize = 2;
/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_millis(500);

/// The shared connections; each is opened when it is first needed and replaced when it fails.
pub(crate) struct Connections {
    pub(crate) connector: Connector,
    slots: [Slot; MAX_CONNECTIONS],
    next: AtomicUsize,
    pub(crate) clock: Arc<dyn Clock>,
    origin: Instant,
}

#[derive(Default)]
struct Slot {
    current: RwLock<Option<Arc<Connection>>>,
    /// Held while a connection is opened, so that concurrent callers share it.
    opening: Mutex<()>,
}

/// A multiplexed connection that many callers share, and the clock of its server.
pub(crate) struct Connection {
    multiplexed: MultiplexedConnection,
    clock: ServerClock,
}

impl Connections {
    pub(crate) fn new(connector: Connector, clock: Arc<dyn Clock>) -> Self {
        let origin = clock.instant();
        Self { connector, slots: Default::default(), next: AtomicUsize::new(0), clock, origin }
    }

    /// Returns a connection, and until when a command that is sent over it now may take.
    pub(crate) async fn acquire(&self, request_time: RequestTime) -> StoreResult<(Arc<Connection>, Instant)> {
        let deadline = request_time.deadline();
        if self.clock.instant() >= deadline {
            return Err(StoreError::deadline_passed());
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % MAX_CONNECTIONS;
        let Some(slot) = self.slots.get(turn) else { return Err(StoreError::deadline_passed()) };
        let connection = match slot.current() {
            Some(connection) => connection,
            None => self.open(slot, deadline).await?,
        };
        Ok((connection, deadline.min(self.clock.instant() + COMMAND_TIMEOUT)))
    }

    /// Single-flight connect: concurrent callers wait for the first and share its connection.
    async fn open(&self, slot: &Slot, deadline: Instant) -> StoreResult<Arc<Connection>> {
        let until = deadline.min(self.clock.instant() + CONNECT_TIMEOUT);
        let Ok(_opening) = timeout_at(until.into(), slot.opening.lock()).await else {
            return Err(StoreError::deadline_passed());
        };
        if let Some(connection) = slot.current() {
            return Ok(connection);
        }
        let opening = Connection::open(&self.connector, &*self.clock, self.origin);
        // The command of the caller is sent only after the connection is open, so it was not executed.
        let opened =
            before(until, opening).await.map_err(|error| StoreError::NotExecuted(error.of_read().into()));
        let connection = Arc::new(opened?);
        slot.set(Some(Arc::clone(&connection)));
        Ok(connection)
    }

    /// Returns a connection that is open already.
    pub(crate) fn open_connection(&self) -> Option<Arc<Connection>> {
        self.slots.iter().find_map(Slot::current)
    }

    /// Returns the open connections except this one.
    pub(crate) fn others(&self, connection: &Arc<Connection>) -> Vec<Arc<Connection>> {
        let open = self.slots.iter().filter_map(Slot::current);
        open.filter(|other| !Arc::ptr_eq(other, connection)).collect()
    }

    /// Discards the connections that must not be used again after this result.
    pub(crate) fn discard_on_error<T>(
        &self,
        connection: &Arc<Connection>,
        result: StoreResult<T>,
    ) -> StoreResult<T> {
        match &result {
            Err(StoreError::Unanswered(_)) => self.discard(connection),
            Err(StoreError::Replica(_)) => self.discard_all(),
            Ok(_) | Err(StoreError::NotExecuted(_)) => {}
        }
        result
    }

    /// Discards every connection: they lead to the same server.
    pub(crate) fn discard_all(&self) {
        for slot in &self.slots {
            slot.set(None);
        }
    }

    /// Callers that wait for a reply on the connection keep it.
    fn discard(&self, connection: &Arc<Connection>) {
        let holds_it = |slot: &&Slot| slot.current().is_some_and(|current| Arc::ptr_eq(&current, connection));
        if let Some(slot) = self.slots.iter().find(holds_it) {
            slot.set(None);
        }
    }
}

impl Slot {
    fn current(&self) -> Option<Arc<Connection>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, connection: Option<Arc<Connection>>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}

impl Connection {
    /// Opens a connection, loads the scripts and reads the server clock.
    async fn open(connector: &Connector, clock: &dyn Clock, origin: Instant) -> StoreResult<Self> {
        let mut multiplexed = connector.open().await?;
        load_scripts(&mut multiplexed).await?;
        let sample = ClockSample::take(&mut multiplexed, clock).await?;
        Ok(Self { multiplexed, clock: ServerClock::new(origin, sample) })
    }

    /// Sends a command and returns its reply, which may be an error of the server.
    pub(crate) async fn send(&self, cmd: &Cmd, until: Instant) -> StoreResult<Value> {
        let mut multiplexed = self.multiplexed.clone();
        before(until, async { multiplexed.req_packed_command(cmd).await.map_err(StoreError::from_answer) })
            .await
    }

    /// Sends commands together and returns their replies, each of which may be an error of the server.
    pub(crate) async fn send_all(&self, pipeline: &Pipeline, until: Instant) -> StoreResult<Vec<Value>> {
        let mut multiplexed = self.multiplexed.clone();
        let replies = multiplexed.req_packed_commands(pipeline, 0, pipeline.len());
        before(until, async { replies.await.map_err(StoreError::from_answer) }).await
    }

    /// Loads the scripts again, for a server that has lost them.
    pub(crate) async fn load_scripts(&self, until: Instant) -> StoreResult<()> {
        before(until, load_scripts(&mut self.multiplexed.clone())).await
    }

    /// Reads the server clock again.
    pub(crate) async fn sample_clock(&self, clock: &dyn Clock, until: Instant) -> StoreResult<ClockSample> {
        let sample = before(until, ClockSample::take(&mut self.multiplexed.clone(), clock)).await?;
        self.clock.update(sample);
        Ok(sample)
    }

    /// Converts an instant to Unix microseconds of the server clock.
    pub(crate) fn server_time(&self, instant: Instant) -> i64 {
        self.clock.at(instant)
    }
}

async fn before<T>(until: Instant, result: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    timeout_at(until.into(), result).await.unwrap_or_else(|_| Err(StoreError::timeout()))
}
