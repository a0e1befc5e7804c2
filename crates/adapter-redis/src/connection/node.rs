//! The connections of the process to one server.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::multiplexed::Connection;
use super::server::Server;
use super::set::ConnectionSet;

/// The connections of the process set. With two, one can serve while the other one fails or receives a long reply.
pub(crate) const PROCESS_CONNECTIONS: usize = 2;
/// The connections of a worker set. One keeps the answers in the order of the questions, and a worker has one core only.
pub(crate) const WORKER_CONNECTIONS: usize = 1;

/// Which connections to a node a caller uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Callers outside the workers.
    Process,
    /// A worker, whose commands need no thread switch.
    Worker(usize),
    /// Writes that replicas confirm. Their connection carries no reads, which would wait as well.
    ConfirmedWrites,
}

/// The sets of connections that each node has.
pub(crate) struct Sets {
    pub(crate) workers: usize,
    /// Where the connections of the process set are opened; `None`: on the runtime of the caller.
    pub(crate) runtime: Option<Handle>,
}

/// A server, with a set of connections for each owner.
pub(crate) struct Node {
    server: Arc<Server>,
    process: ConnectionSet,
    workers: Vec<ConnectionSet>,
    confirmed_writes: ConnectionSet,
}

impl Node {
    pub(crate) fn new(server: Server, sets: &Sets) -> Self {
        let worker = || ConnectionSet::new(WORKER_CONNECTIONS, None);
        Self {
            server: Arc::new(server),
            process: ConnectionSet::new(PROCESS_CONNECTIONS, sets.runtime.clone()),
            workers: std::iter::repeat_with(worker).take(sets.workers).collect(),
            confirmed_writes: ConnectionSet::new(1, sets.runtime.clone()),
        }
    }

    pub(crate) const fn server(&self) -> &Arc<Server> {
        &self.server
    }

    pub(crate) fn set(&self, owner: Owner) -> &ConnectionSet {
        match owner {
            Owner::Process => &self.process,
            Owner::Worker(index) => self.workers.get(index).unwrap_or(&self.process),
            Owner::ConfirmedWrites => &self.confirmed_writes,
        }
    }

    /// Returns the open connections that carry reads.
    pub(crate) fn open_for_reads(&self) -> impl Iterator<Item = Arc<Connection>> {
        std::iter::once(&self.process).chain(&self.workers).flat_map(ConnectionSet::open)
    }

    /// Returns the open connections that carry no reads.
    pub(crate) fn open_for_writes(&self) -> impl Iterator<Item = Arc<Connection>> {
        self.confirmed_writes.open()
    }

    /// Returns the open connections of all sets.
    pub(crate) fn open(&self) -> impl Iterator<Item = Arc<Connection>> {
        self.sets().flat_map(ConnectionSet::open)
    }

    pub(crate) fn sets(&self) -> impl Iterator<Item = &ConnectionSet> {
        std::iter::once(&self.process).chain(&self.workers).chain([&self.confirmed_writes])
    }

    /// Discards every connection of every set: they lead to the same server.
    pub(crate) fn discard_all(&self) {
        self.sets().for_each(ConnectionSet::discard_all);
    }

    /// Discards the connections, also those that are opened later: another server is the primary now. Callers that wait for a reply
    /// keep theirs.
    pub(crate) fn retire(&self) {
        self.server.retire();
        self.discard_all();
    }
}
