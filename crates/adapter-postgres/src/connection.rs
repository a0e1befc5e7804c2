//! The connections of one database. No other module connects.

mod addresses;
mod attempts;
mod connector;
mod driver;
mod lease;
mod open_connection;
mod pool;
mod pool_error;
mod process;
mod protocol;
mod reloadable_connector;
mod row;
mod runtime;
mod server_limit;
mod shared;
mod socket;
mod statement;
mod timeouts;
mod tls;

use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use auth_domain::model::RequestTime;
use auth_domain::observation::RoundTrips;
use auth_domain::ports::Clock;
use auth_store_connection::{Change, Renewal};
use tokio::runtime::Handle;

use crate::config::{Pooler, PostgresConfig, Transport};
use crate::error::{ConfigError, StoreError};
use pool::Pool;
use process::Process;
use reloadable_connector::ReloadableConnector;
use runtime::Runtime;
use server_limit::ServerLimit;
use shared::SharedConnections;
use timeouts::{CONNECT, call_deadline};

use lease::Call;
pub(crate) use lease::Lease;
pub(crate) use open_connection::OpenConnection;
pub(crate) use pool::PooledConnection;
pub(crate) use protocol::PROCESS;
pub(crate) use timeouts::{STATEMENT, bounded};

/// The shared connections of a process without workers. A third one does not increase the lookups per second.
const PROCESS_CONNECTIONS: usize = 2;
/// The shared connections of a worker, which has one core only.
const WORKER_CONNECTIONS: usize = 1;

/// The connections, as one user of a set sees them; cheap to clone.
///
/// Shared connections are for lookups, the pool is for everything else. If there are workers, each has a shared connection, and
/// the rest of the process looks users up over the pool.
#[derive(Clone)]
pub(crate) struct Connections {
    process: Arc<Process>,
    /// The shared connections of this user; `None`: the pool.
    own: Option<Arc<SharedConnections>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Connections {
    pub(crate) fn new(
        config: &PostgresConfig,
        clock: Arc<dyn Clock>,
        workers: usize,
    ) -> Result<Self, ConfigError> {
        let connector = Arc::new(ReloadableConnector::new(config, Arc::clone(&clock))?);
        let limit = Arc::new(ServerLimit::new(Arc::clone(&clock)));
        let shared = |connections, runtime| {
            let (connector, limit, clock) = (Arc::clone(&connector), Arc::clone(&limit), Arc::clone(&clock));
            Arc::new(SharedConnections::new(connections, runtime, connector, limit, clock))
        };
        let (shared, own) = if workers == 0 {
            let process = shared(PROCESS_CONNECTIONS, Runtime::Caller);
            (vec![Arc::clone(&process)], Some(process))
        } else {
            ((0..workers).map(|_| shared(WORKER_CONNECTIONS, Runtime::Caller)).collect(), None)
        };
        // The runtimes of workers end earlier than the process does.
        let runtime = if workers == 0 { Runtime::Caller } else { Runtime::present() };
        let (of_pool, limit_of_pool) = (Arc::clone(&connector), Arc::clone(&limit));
        let pool = Pool::new(config.pool, runtime.clone(), of_pool, limit_of_pool, Arc::clone(&clock))?;
        let process = Arc::new(Process::new(connector, shared, pool, runtime, limit, Arc::clone(&clock)));
        Ok(Self { process, own, clock })
    }

    /// Sets where other credentials come from if the server rejects the present ones.
    pub(crate) fn renew_from(&self, renewal: Arc<dyn Renewal>) {
        self.process.connector.renew_from(renewal);
    }

    /// Prepares the use of another configuration. Connections of another server or user are then closed after their statements.
    pub(crate) fn prepare(&self, config: &PostgresConfig) -> Result<Change, ConfigError> {
        let (change, process) = (self.process.connector.prepare(config)?, Arc::clone(&self.process));
        Ok(Change::new(change.settings().to_vec(), move || {
            change.apply();
            process.pool.close_unusable();
            process.shared.iter().for_each(|set| set.close_unusable());
        }))
    }

    /// Returns the connections of a worker. Without such a worker, they are those of the process.
    pub(crate) fn for_worker(&self, index: usize) -> Self {
        let own = self.process.shared.get(index).or(self.own.as_ref()).cloned();
        Self { own, ..self.clone() }
    }

    /// Where lookups in batches run; `None`: on the runtime of the caller.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        if self.own.is_some() { None } else { self.process.runtime.handle() }
    }

    /// The largest number of connections that the process opens, apart from migrations.
    pub(crate) fn max(&self) -> usize {
        let Process { shared, pool, .. } = &*self.process;
        shared.iter().map(|set| set.len()).fold(pool.size(), usize::saturating_add)
    }

    /// How many connections a lookup may find closed, as after an outage.
    pub(crate) fn max_closed(&self) -> usize {
        self.own.as_ref().map_or(self.process.pool.size(), |own| own.len())
    }

    /// Returns the deadline of a call that begins now.
    pub(crate) fn call_deadline(&self, request_time: RequestTime) -> Result<Instant, StoreError> {
        call_deadline(&*self.clock, request_time.deadline())
    }

    /// Opens a shared connection if none is open. Callers of a batch do so first: otherwise a batch that has to connect, and
    /// fails, would let those behind it wait as long again.
    pub(crate) async fn ensure_open(&self, deadline: Instant) -> Result<(), StoreError> {
        let Some(own) = self.own.as_ref().filter(|own| own.any_open().is_none()) else { return Ok(()) };
        match own.get(deadline).await {
            // A lookup then uses another connection.
            Ok(_) | Err(StoreError::TooManyConnections) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns a connection for a lookup: a shared one, or one of the pool if the server accepts no more connections.
    pub(crate) async fn for_lookup(&self, deadline: Instant) -> Result<Lease, StoreError> {
        let Some(own) = &self.own else { return self.free(deadline).await };
        match own.get(deadline).await {
            Ok(connection) => Ok(Lease::shared(connection, Arc::clone(own), self.call(deadline))),
            Err(error @ StoreError::TooManyConnections) => match self.open_elsewhere(deadline) {
                Some(lease) => Ok(lease),
                None => self.free(deadline).await.map_err(|_| error),
            },
            Err(error) => Err(error),
        }
    }

    /// Returns a connection of the pool for a call that begins now, or a shared one if the pool has none and the server
    /// accepts no more connections.
    pub(crate) async fn pooled(&self, request_time: RequestTime) -> Result<Lease, StoreError> {
        self.free(self.call_deadline(request_time)?).await
    }

    /// Returns a connection of the pool for one long transaction.
    pub(crate) async fn exclusive(&self, request_time: RequestTime) -> Result<PooledConnection, StoreError> {
        self.call_deadline(request_time)?;
        self.process.take_pooled(request_time.deadline()).await
    }

    /// Makes a connection that is not in the pool.
    pub(crate) async fn another(&self, request_time: RequestTime) -> Result<OpenConnection, StoreError> {
        self.call_deadline(request_time)?;
        let deadline = request_time.deadline().min(self.clock.instant() + CONNECT);
        self.process.connector.connect(deadline).await
    }

    /// Whether a pooler that is not named in the settings gives each transaction to another server process: `connection` was in
    /// `process`, but began in another one, or another open connection began there.
    pub(crate) fn has_unnamed_pooler(&self, connection: &OpenConnection, process: &str) -> bool {
        let mut others = self.process.shared.iter().flat_map(|set| set.all_open());
        self.pooler() == Pooler::None
            && (connection.first_process() != process
                || others.any(|other| {
                    !ptr::eq(Arc::as_ptr(&other), connection) && other.first_process() == process
                }))
    }

    pub(crate) fn pooler(&self) -> Pooler {
        self.process.connector.pooler()
    }

    pub(crate) fn transport(&self) -> Transport {
        self.process.connector.transport()
    }

    /// The reports of round trips.
    pub(crate) fn round_trips(&self) -> &RoundTrips {
        &self.process.connector.round_trips
    }

    fn call(&self, deadline: Instant) -> Call {
        Call { deadline, clock: Arc::clone(&self.clock), round_trips: self.round_trips().clone() }
    }

    async fn free(&self, deadline: Instant) -> Result<Lease, StoreError> {
        match self.process.take_pooled(deadline).await {
            Ok(connection) => Ok(Lease::pooled(connection, self.call(deadline))),
            Err(error @ StoreError::TooManyConnections) => self.open_elsewhere(deadline).ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// Returns a shared connection that is open already, of whichever worker.
    fn open_elsewhere(&self, deadline: Instant) -> Option<Lease> {
        let mut open = self.process.shared.iter().filter_map(|set| Some((set.any_open()?, Arc::clone(set))));
        let (connection, set) = open.next()?;
        Some(Lease::shared(connection, set, self.call(deadline)))
    }
}
