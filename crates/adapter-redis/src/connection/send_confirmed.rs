//! Sending a write that replicas confirm over a connection.

use auth_domain::observation::Operation;
use redis::Value;
use tokio::runtime::Handle;

use super::confirmed_writes::{ConfirmedWrites, Write};
use super::multiplexed::Connection;
use crate::error::StoreResult;

impl Connection {
    /// Sends a write, and returns its reply after `replicas` have it. The reply may be an error of the server.
    pub(crate) async fn send_confirmed(
        &self,
        operation: Operation,
        write: Write,
        replicas: u32,
        runtime: Option<Handle>,
    ) -> StoreResult<Value> {
        let new = || ConfirmedWrites::new(&self.multiplexed, &self.clock, replicas, runtime);
        let writes = self.confirmed_writes.get_or_init(new);
        self.observed(operation, writes.send(write, &*self.clock)).await
    }
}
