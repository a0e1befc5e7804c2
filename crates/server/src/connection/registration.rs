//! The registration of one connection among all connections.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::Waker;

use tokio::time::Instant;

use super::connections::Connections;
use super::entry::Entry;
use crate::metrics::TimeoutReason;

/// The entry of an open connection; dropping it removes the connection from the counts.
#[derive(Debug)]
pub(crate) struct Registration {
    connections: Arc<Connections>,
    entry: Arc<Entry>,
}

impl Registration {
    /// Registers a new connection; `None` if a limit is reached and no other connection can be closed instead.
    pub(crate) fn admit(connections: &Arc<Connections>, peer: IpAddr) -> Option<Self> {
        let entry = connections.admit(peer)?;
        Some(Self { connections: Arc::clone(connections), entry })
    }

    /// Registers `waker` to be woken by an eviction or a shutdown.
    pub(super) fn register(&self, waker: &Waker) {
        self.entry.register(waker);
    }

    /// Returns whether the connection was evicted at a limit.
    pub(super) fn is_evicted(&self) -> bool {
        self.entry.is_evicted()
    }

    /// Notes that the connection waits for its client, so it may be evicted.
    pub(super) fn begin_wait(&self) {
        self.entry.begin_wait(|| self.connections.microseconds());
    }

    /// Notes that the connection does not wait for its client.
    pub(super) fn end_wait(&self) {
        self.entry.end_wait();
    }

    /// Sets the memory that the connection holds for its client.
    pub(super) fn hold(&self, bytes: usize) {
        if !self.is_evicted() && self.connections.hold(&self.entry, bytes) {
            self.connections.reclaim();
        }
    }

    /// Returns whether the next response is the last one: the service shuts down, or the connection was evicted.
    pub(super) fn must_close(&self) -> bool {
        self.connections.drain.is_draining() || self.is_evicted()
    }

    /// Returns when the service began to close idle connections; `None` before.
    pub(super) fn closing_since(&self) -> Option<Instant> {
        self.connections.drain.closing_since()
    }

    /// Counts a connection that was closed because its client was too slow.
    pub(super) fn timed_out(&self, reason: TimeoutReason) {
        self.connections.metrics.timed_out(reason);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.connections.remove(&self.entry);
    }
}
