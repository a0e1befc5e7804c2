//! Sending a script call over a connection.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::observation::Operation;
use redis::{Cmd, Value};

use super::handle::Connections;
use crate::connection::{Confirming, Connection, Node, Owner, Server, Write};
use crate::error::{StoreError, StoreResult};
use crate::keys;
use crate::replies::success;
use crate::slot::SLOTS;
use crate::topology::Destination;

impl Connections {
    /// Sends a script call and returns its reply, which may be an error of the server. If these are the connections for confirmed
    /// writes, the replicas have it then.
    ///
    /// # Parameters
    /// - `until`, `deadline`: the latest time of the reply, and of the confirmation.
    pub(crate) async fn send_script(
        &self,
        connection: &Connection,
        operation: Operation,
        command: Cmd,
        asks: bool,
        [until, deadline]: [Instant; 2],
    ) -> StoreResult<Value> {
        if self.owner != Owner::ConfirmedWrites {
            return connection.send(operation, &command, asks, until).await;
        }
        let marker = |unusable| self.key_on(connection.server(), unusable);
        let write = Write { command: Some(command), asks, marker: marker(0) };
        let confirming = Confirming { replicas: self.replicas, runtime: self.runtime(), deadline };
        // Boxed, so that the futures of commands are not as large as this one.
        Box::pin(connection.send_confirmed(operation, write, marker, confirming)).await
    }

    /// Returns a key for a small write on a server: in a cluster one that the server has, after `skipped` others.
    pub(crate) fn key_on(&self, server: &Arc<Server>, skipped: usize) -> String {
        if !self.topology.is_cluster() {
            return keys::READINESS.to_owned();
        }
        let view = self.topology.view();
        let is_of_server = |key: &String| {
            view.node(Destination::Key(key)).is_some_and(|node| Arc::ptr_eq(node.server(), server))
        };
        let mut keys = (0..SLOTS).map(keys::readiness_on_node).filter(is_of_server);
        keys.nth(skipped).unwrap_or_else(|| keys::READINESS.to_owned())
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
        let reply =
            connections.send_script(&connection, Operation::Check, write, false, [until, deadline]).await;
        let reply = connections.discard_on_error(&connection, reply);
        success(reply.map_err(StoreError::of_read)?).map(drop)
    }
}
