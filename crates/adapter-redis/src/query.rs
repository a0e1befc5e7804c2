//! Commands that change no token and no session. They are repeated on another connection if theirs was closed, as each
//! connection is after a restart of the server.

use std::sync::Arc;
use std::time::Instant;

use redis::{Cmd, FromRedisValue, Pipeline, Value};

use crate::connection::{Connection, is_primary, replica};
use crate::connections::{Connections, Route};
use crate::error::{StoreError, StoreResult};
use crate::replies::{exactly, not_one_for_each, read, success};
use crate::topology::Destination;

/// The replies to commands, each of which may be an error of the server, and the connection that they came over.
type Replies = (Arc<Connection>, Vec<Value>);

impl Connections {
    /// Sends a command to a node.
    pub(crate) async fn query<T: FromRedisValue>(
        &self,
        cmd: Cmd,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<T> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(cmd);
        let (connection, replies) = self.replies(&pipeline, destination, deadline).await?;
        let [reply] = exactly(replies)?;
        read(self.discard_on_error(&connection, success(reply))?)
    }

    /// Sends commands to a node, which must be a primary. After a failover, an old connection may lead to a replica, which receives
    /// writes late or never.
    pub(crate) async fn query_all_primary<T: FromRedisValue>(
        &self,
        commands: impl IntoIterator<Item = Cmd>,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<Vec<T>> {
        let (_, replies) = self.primary_replies(&after_role(commands), destination, deadline).await?;
        replies.into_iter().map(|reply| read(success(reply)?)).collect()
    }

    /// Sends a command on one key to its primary.
    pub(crate) async fn query_primary<T: FromRedisValue>(
        &self,
        cmd: Cmd,
        deadline: Instant,
    ) -> StoreResult<T> {
        let mut route = Route::default();
        loop {
            let asking = route.asks().then(|| redis::cmd("ASKING"));
            let pipeline = after_role(asking.into_iter().chain([cmd.clone()]));
            let (connection, mut replies) =
                self.primary_replies(&pipeline, route.destination(&cmd), deadline).await?;
            match replies.pop().ok_or_else(not_one_for_each)?.extract_error() {
                Ok(reply) => return read(reply),
                Err(error) if self.follow(&mut route, &connection, &error, deadline).await? => {}
                Err(error) => return Err(StoreError::from_answer(error)),
            }
        }
    }

    /// Sends `ROLE` and other commands; returns the replies to the others.
    pub(crate) async fn primary_replies(
        &self,
        pipeline: &Pipeline,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<Replies> {
        match self.try_primary(pipeline, destination, deadline).await {
            // A new connection may lead to the new primary.
            Err(StoreError::Replica(_)) => self.try_primary(pipeline, destination, deadline).await,
            replies => replies,
        }
    }

    async fn try_primary(
        &self,
        pipeline: &Pipeline,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<Replies> {
        let (connection, replies) = self.replies(pipeline, destination, deadline).await?;
        let mut replies = replies.into_iter();
        let role = success(replies.next().unwrap_or(Value::Nil));
        let role = role.and_then(|role| if is_primary(&role) { Ok(()) } else { Err(replica()) });
        self.discard_on_error(&connection, role)?;
        let others: Vec<_> = replies.collect();
        if let Some(error) = others.iter().find_map(replica_error) {
            self.discard_on_error(&connection, Err(error))?;
        }
        Ok((connection, others))
    }

    /// Sends commands, and returns a reply for each.
    async fn replies(
        &self,
        pipeline: &Pipeline,
        destination: Destination<'_>,
        deadline: Instant,
    ) -> StoreResult<Replies> {
        let mut repeats = 0..self.len();
        loop {
            let (connection, until) = self.acquire(destination, deadline).await?;
            let replies = connection.send_all(self.operation, pipeline, until).await;
            let replies = match self.discard_on_error(&connection, replies) {
                Err(StoreError::Closed(_)) if repeats.next().is_some() => continue,
                replies => replies.map_err(StoreError::of_read)?,
            };
            let is_complete = replies.len() == pipeline.len();
            return if is_complete { Ok((connection, replies)) } else { Err(not_one_for_each()) };
        }
    }
}

/// Returns a pipeline of `ROLE` and these commands.
pub(crate) fn after_role(commands: impl IntoIterator<Item = Cmd>) -> Pipeline {
    let mut pipeline = Pipeline::new();
    pipeline.cmd("ROLE");
    for command in commands {
        pipeline.add_command(command);
    }
    pipeline
}

/// Returns the error of a reply that only a replica gives.
fn replica_error(reply: &Value) -> Option<StoreError> {
    let Value::ServerError(error) = reply else { return None };
    match StoreError::from_answer(error.clone().into()) {
        error @ StoreError::Replica(_) => Some(error),
        _ => None,
    }
}
