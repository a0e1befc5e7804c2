//! Sending a script call over a connection.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::observation::Operation;
use redis::{Cmd, Value};

use super::handle::Connections;
use crate::connection::{Connection, Node, Owner, Write};
use crate::error::{StoreError, StoreResult};
use crate::keys;
use crate::replies::success;
use crate::slot::key_of_same_slot;
use crate::topology::Destination;

impl Connections {
    /// Sends a script call and returns its reply, which may be an error of the server. If these are the connections for confirmed
    /// writes, the replicas have it then.
    pub(crate) async fn send_script(
        &self,
        connection: &Connection,
        operation: Operation,
        command: Cmd,
        asks: bool,
        until: Instant,
    ) -> StoreResult<Value> {
        if self.owner != Owner::ConfirmedWrites {
            return connection.send(operation, &command, asks, until).await;
        }
        let is_cluster = self.topology.is_cluster();
        let marker = if is_cluster { key_of_same_slot(keys::READINESS, &command) } else { None };
        let marker = marker.unwrap_or_else(|| keys::READINESS.to_owned());
        let write = Write { command, asks, marker };
        // Boxed, so that the futures of commands are not as large as this one.
        Box::pin(connection.send_confirmed(operation, write, self.replicas, self.runtime())).await
    }

    /// Sends a write to a node, and waits until enough replicas have it, if any has to.
    pub(crate) async fn check_replicas(
        &self,
        node: &Arc<Node>,
        write: Cmd,
        deadline: Instant,
    ) -> StoreResult<()> {
        let Some(connections) = self.for_confirmed_writes() else { return Ok(()) };
        let (connection, until) = connections.acquire(Destination::Node(node), deadline).await?;
        let reply = connections.send_script(&connection, Operation::Check, write, false, until).await;
        let reply = connections.discard_on_error(&connection, reply);
        success(reply.map_err(StoreError::of_read)?).map(drop)
    }
}
