//! Opening the connections of a set.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::observation::Operation;
use auth_domain::ports::PortError;
use tokio::time::timeout_at;

use super::handle::Connections;
use crate::connection::{Connection, Node, Owner, Slot, before};
use crate::connector::CONNECT_TIMEOUT;
use crate::error::{StoreError, StoreResult, is_of_closed_connection};

/// An attempt to connect that had less time than this may have failed because of its deadline.
const SHORT: Duration = Duration::from_millis(250);
/// How long a set does not connect after it failed to, as long as there is an open connection of another set.
const PAUSE: Duration = Duration::from_secs(1);

impl Connections {
    /// Opens a connection. If that fails at once, as when the server accepts no more connections, an open one is shared.
    pub(super) async fn open_or_share(
        &self,
        node: &Node,
        slot: &Slot,
        deadline: Instant,
    ) -> StoreResult<Arc<Connection>> {
        if let Some(connection) = self.shared(node, slot) {
            return Ok(connection);
        }
        let started = self.clock().instant();
        let opened = self.open(node, slot, deadline).await;
        let is_at_once = self.clock().instant() < deadline.min(started + CONNECT_TIMEOUT);
        opened.or_else(|error| self.any_open(node).filter(|_| is_at_once).ok_or(error))
    }

    /// Returns an open connection of any set, if this set has just failed to connect.
    pub(super) fn shared(&self, node: &Node, slot: &Slot) -> Option<Arc<Connection>> {
        slot.failure_since(self.clock().instant().checked_sub(PAUSE)?)?;
        self.any_open(node)
    }

    /// Returns an open connection to a node: one of this set, if there is one. Confirmed writes share none.
    fn any_open(&self, node: &Node) -> Option<Arc<Connection>> {
        let own = node.set(self.owner).open().next();
        own.or_else(|| if self.owner == Owner::ConfirmedWrites { None } else { node.open_for_reads().next() })
    }

    /// Single-flight connect: concurrent callers wait for the first and share its connection, or its failure.
    async fn open(&self, node: &Node, slot: &Slot, deadline: Instant) -> StoreResult<Arc<Connection>> {
        self.topology.ensure_watched();
        let asked = self.clock().instant();
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
        let started = self.clock().instant();
        let mut opened = self.try_to_open(node, until).await;
        // Once, because a server that closes each connection is not usable.
        if opened.as_ref().is_err_and(is_of_closed_connection) {
            opened = self.try_to_open(node, until).await;
        }
        let now = self.clock().instant();
        let opened = opened.inspect_err(|error| {
            if now < until || until.saturating_duration_since(started) >= SHORT {
                slot.fail(now, error.clone());
            }
        });
        let connection = Arc::new(opened.map_err(StoreError::NotExecuted)?);
        slot.set(Some(Arc::clone(&connection)));
        Ok(connection)
    }

    /// Tries to open a connection. The command of the caller is sent only after it is open, so it was not executed.
    async fn try_to_open(&self, node: &Node, until: Instant) -> Result<Connection, PortError> {
        let started = self.clock().instant();
        let (connector, clock) = (Arc::clone(self.connector()), Arc::clone(self.clock()));
        // Boxed, so that the futures of commands are not as large as this one.
        let opening = Box::pin(Connection::open(connector, Arc::clone(node.server()), clock, self.origin));
        let opening = node.set(self.owner).on_runtime(opening);
        let opened = before(until, opening).await.map_err(|error| PortError::from(error.of_read()));
        let outcome = opened.as_ref().map(drop).map_err(PortError::kind);
        let elapsed = self.clock().instant().saturating_duration_since(started);
        self.round_trips().record(Operation::Connect, outcome, elapsed);
        opened
    }
}
