//! Getting a connection to the primary of a key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::PortError;

use super::handle::Connections;
use crate::connection::{COMMAND_TIMEOUT, Connection, Node, Server, Slot};
use crate::error::{StoreError, StoreResult};
use crate::topology::Destination;

/// How long an idle connection may take to show that it is alive.
const ALIVE_TIMEOUT: Duration = Duration::from_millis(200);

impl Connections {
    /// Returns a connection of the set to the primary, and until when a command that is sent over it now may take.
    pub(crate) async fn acquire(
        &self,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<(Arc<Connection>, Instant)> {
        if self.clock().instant() >= deadline {
            return Err(StoreError::deadline_passed());
        }
        let connection = match self.topology.node(destination) {
            Some(node) => match self.of_node(&node, deadline).await {
                Ok(connection) => connection,
                // Boxed, so that the futures of commands are not as large as this one.
                Err(error) => Box::pin(self.of_successor(error, &node, destination, deadline)).await?,
            },
            None if self.never_connects => return Err(StoreError::NotOpen),
            None => Box::pin(self.of_unknown(destination, deadline)).await?,
        };
        Ok((connection, self.until(deadline)))
    }

    /// Returns until when a command that is sent now may take.
    pub(crate) fn until(&self, deadline: Instant) -> Instant {
        deadline.min(self.clock().instant() + COMMAND_TIMEOUT)
    }

    /// Returns a connection of the set to a node.
    async fn of_node(&self, node: &Arc<Node>, deadline: Instant) -> StoreResult<Arc<Connection>> {
        let set = node.set(self.owner);
        let Some(slot) = set.next() else { return Err(StoreError::deadline_passed()) };
        match self.alive(node, slot, deadline).await {
            Some(connection) => Ok(connection),
            None if self.never_connects => {
                set.open().next().or_else(|| self.shared(node, slot)).ok_or(StoreError::NotOpen)
            }
            None => self.open_or_share(node, slot, deadline).await,
        }
    }

    /// Returns the connection of a slot, if it is open. One that was idle may have died silently, as behind a firewall that has
    /// forgotten it, so it is asked first. If it is dead, all idle connections to the server are discarded: they died of the same
    /// cause.
    async fn alive(&self, node: &Node, slot: &Slot, deadline: Instant) -> Option<Arc<Connection>> {
        let connection = slot.current()?;
        let now = self.clock().instant();
        if !connection.is_idle(now) || connection.is_alive(deadline.min(now + ALIVE_TIMEOUT)).await {
            return Some(connection);
        }
        node.sets().for_each(|set| set.discard_idle(now));
        None
    }

    /// Opens a connection if none is open. Callers of a batch do so first.
    pub(crate) async fn ensure_open(
        &self,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<()> {
        if self.open_connection(destination).is_none() {
            self.acquire(destination, deadline).await?;
        }
        Ok(())
    }

    /// Returns a connection of the set that is open already.
    pub(crate) fn open_connection(&self, destination: Destination<'_>) -> Option<Arc<Connection>> {
        self.topology.node(destination)?.set(self.owner).open().next()
    }

    /// Returns the primaries, and looks for them if none is known.
    pub(crate) async fn primaries(&self, deadline: Instant) -> StoreResult<Vec<Arc<Node>>> {
        if self.topology.view().nodes().is_empty() {
            self.topology.ensure_watched();
            self.topology.refresh(deadline).await?;
        }
        Ok(self.topology.view().nodes().to_vec())
    }

    /// Returns the primary of the whole denylist.
    ///
    /// # Errors
    /// If none is known, or in a cluster, where each primary has a part of it.
    pub(crate) async fn primary_to_track(&self, deadline: Instant) -> StoreResult<Arc<Server>> {
        let nodes = self.primaries(deadline).await?;
        let [node] = nodes.as_slice() else {
            let reason = "the denylist of a Redis Cluster cannot be cached";
            return Err(StoreError::NotExecuted(PortError::misconfigured(reason)));
        };
        Ok(Arc::clone(node.server()))
    }

    /// Looks for a primary that is not known yet, and returns a connection to it.
    async fn of_unknown(
        &self,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<Arc<Connection>> {
        self.topology.ensure_watched();
        self.topology.refresh(deadline).await?;
        let node = self.topology.node(destination);
        let node =
            node.ok_or_else(|| StoreError::NotExecuted(PortError::unavailable("no primary has the key")))?;
        self.of_node(&node, deadline).await
    }

    /// Returns a connection to the new primary if the former one could not be connected to, or is a replica now.
    async fn of_successor(
        &self,
        error: StoreError,
        former: &Arc<Node>,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<Arc<Connection>> {
        if self.never_connects || self.topology.refresh(deadline).await.is_err() {
            return Err(error);
        }
        match self.topology.node(destination) {
            Some(node) if !Arc::ptr_eq(&node, former) => self.of_node(&node, deadline).await,
            _ => Err(error),
        }
    }
}
