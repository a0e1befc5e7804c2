//! Handle to the connections of one worker or of the process.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::observation::{Operation, RoundTrips};
use auth_domain::ports::Clock;
use auth_store_connection::Change;
use tokio::runtime::Handle;

use crate::config::RedisConfig;
use crate::connection::{Connection, Owner, PROCESS_CONNECTIONS, Sets, WORKER_CONNECTIONS};
use crate::connector::Connector;
use crate::error::{ConfigError, StoreError, StoreResult};
use crate::topology::Topology;

/// Handle to the connections of one worker or of the process; cheap to clone.
///
/// Each worker has a set of its own for each node, so that its commands need no thread switch.
#[derive(Clone)]
pub(crate) struct Connections {
    pub(crate) topology: Arc<Topology>,
    /// Whose sets these are.
    pub(super) owner: Owner,
    workers: usize,
    /// How many replicas confirm a write; 0: Redis answers before any has it.
    pub(super) replicas: u32,
    pub(super) origin: Instant,
    /// Whether these use open connections only.
    pub(super) never_connects: bool,
    /// Why commands are sent, unless a script call states it.
    pub(crate) operation: Operation,
}

impl Connections {
    /// Returns the connections of the process set. If there are workers, whose runtimes end earlier than the process does, they are
    /// opened on the present runtime, if there is one.
    pub(crate) fn new(connector: Connector, clock: Arc<dyn Clock>, workers: usize) -> Self {
        let runtime = (workers > 0).then(|| Handle::try_current().ok()).flatten();
        let origin = clock.instant();
        let topology = Arc::new(Topology::new(connector, clock, Sets { workers, runtime }));
        Self {
            topology,
            owner: Owner::Process,
            workers,
            replicas: 0,
            origin,
            never_connects: false,
            operation: Operation::Check,
        }
    }

    /// Returns the connections of a worker, or of the process set if there is no such worker.
    pub(crate) fn for_worker(&self, index: usize) -> Self {
        let owner = if index < self.workers { Owner::Worker(index) } else { Owner::Process };
        Self { owner, ..self.clone() }
    }

    /// Returns how many replicas confirm a write.
    pub(crate) const fn replicas(&self) -> u32 {
        self.replicas
    }

    /// Returns the same connections, whose writes wait for replicas.
    pub(crate) fn waiting_for(self, replicas: u32) -> Self {
        Self { replicas, ..self }
    }

    /// Returns the connections for a write whose repeat has the outcome of the first, if replicas have to confirm it.
    pub(crate) fn for_confirmed_writes(&self) -> Option<Self> {
        (self.replicas > 0).then(|| Self { owner: Owner::ConfirmedWrites, ..self.clone() })
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

    pub(crate) fn connector(&self) -> &Arc<Connector> {
        &self.topology.connector
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.topology.clock
    }

    /// The reports of round trips.
    pub(crate) fn round_trips(&self) -> &RoundTrips {
        &self.connector().round_trips
    }

    /// The runtime of the set; `None`: that of the caller.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        if let Owner::Worker(_) = self.owner { None } else { self.topology.runtime() }
    }

    /// The number of connections of the set to one node.
    pub(crate) const fn len(&self) -> usize {
        if let Owner::Process = self.owner { PROCESS_CONNECTIONS } else { WORKER_CONNECTIONS }
    }

    /// Discards the connections that must not be used again after this result.
    pub(crate) fn discard_on_error<T>(
        &self,
        connection: &Arc<Connection>,
        result: StoreResult<T>,
    ) -> StoreResult<T> {
        match &result {
            Err(StoreError::Unanswered(_) | StoreError::Closed(_)) => {
                let view = self.topology.view();
                view.all().flat_map(|node| node.sets()).for_each(|set| set.discard(connection));
                self.topology.notify();
            }
            Err(StoreError::Replica(_)) => self.discard_all_to(connection),
            Ok(_) | Err(StoreError::NotExecuted(_) | StoreError::NotOpen | StoreError::Unconfirmed(_)) => {}
        }
        result
    }

    /// Discards every connection to the server of a connection, because it is no primary.
    pub(crate) fn discard_all_to(&self, connection: &Connection) {
        let view = self.topology.view();
        let to_server = view.all().filter(|node| Arc::ptr_eq(node.server(), connection.server()));
        to_server.for_each(|node| node.discard_all());
        self.topology.notify();
    }

    /// Discards every connection of every set.
    pub(crate) fn discard_all(&self) {
        self.topology.view().all().for_each(|node| node.discard_all());
        self.topology.notify();
    }

    /// Prepares the use of another configuration. Connections of another server or user are then discarded.
    pub(crate) fn prepare(&self, config: &RedisConfig) -> Result<Change, ConfigError> {
        let (change, topology) = (self.connector().prepare(config)?, Arc::clone(&self.topology));
        Ok(Change::new(change.settings().to_vec(), move || {
            let former = topology.connector.target();
            change.apply();
            if former.is_retired() {
                topology.reset();
            }
        }))
    }
}
