//! Commands that change no token and no session. They are repeated on another connection if theirs was closed, as each
//! connection is after a restart of the server.

use std::time::Instant;

use auth_domain::ports::PortError;
use futures_util::future::join_all;
use redis::{Cmd, FromRedisValue, Pipeline, Value};

use crate::clock::ClockSample;
use crate::connection::Connections;
use crate::error::{StoreError, StoreResult, unexpected_reply};

impl Connections {
    /// Sends a command.
    pub(crate) async fn query<T: FromRedisValue>(&self, cmd: Cmd, deadline: Instant) -> StoreResult<T> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(cmd);
        let [reply] = exactly(self.replies(&pipeline, deadline).await?)?;
        read(self.discard_all_of_replica(reply)?)
    }

    /// Sends commands that only a primary can answer. After a failover, an old connection may lead to a replica, which
    /// receives writes late or never.
    pub(crate) async fn query_all_primary<T: FromRedisValue>(
        &self,
        commands: impl IntoIterator<Item = Cmd>,
        deadline: Instant,
    ) -> StoreResult<Vec<T>> {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("ROLE");
        for command in commands {
            pipeline.add_command(command);
        }
        let replies = match self.primary_replies(&pipeline, deadline).await {
            // A new connection may lead to the new primary.
            Err(StoreError::Replica(_)) => self.primary_replies(&pipeline, deadline).await?,
            replies => replies?,
        };
        replies.into_iter().map(read).collect()
    }

    /// Sends `ROLE` and other commands; returns the replies to the others, which must be successes.
    async fn primary_replies(&self, pipeline: &Pipeline, deadline: Instant) -> StoreResult<Vec<Value>> {
        let mut replies = self.replies(pipeline, deadline).await?.into_iter();
        let role = replies.next().unwrap_or(Value::Nil);
        if !is_primary(&self.discard_all_of_replica(role)?) {
            self.discard_all();
            return Err(StoreError::Replica(PortError::unavailable("Redis is a replica")));
        }
        replies.map(|reply| self.discard_all_of_replica(reply)).collect()
    }

    /// Sends a command that only a primary can answer.
    pub(crate) async fn query_primary<T: FromRedisValue>(
        &self,
        cmd: Cmd,
        deadline: Instant,
    ) -> StoreResult<T> {
        let [reply] = exactly(self.query_all_primary([cmd], deadline).await?)?;
        Ok(reply)
    }

    /// Takes a reply that must be a success. Connections to a server that is not the primary are not used again.
    fn discard_all_of_replica(&self, reply: Value) -> StoreResult<Value> {
        let reply = success(reply);
        if let Err(StoreError::Replica(_)) = reply {
            self.discard_all();
        }
        reply
    }

    /// Sends commands, and returns a reply for each, which may be an error of the server.
    pub(crate) async fn replies(&self, pipeline: &Pipeline, deadline: Instant) -> StoreResult<Vec<Value>> {
        let mut repeats = 0..self.len();
        loop {
            let (connection, until) = self.acquire(deadline).await?;
            let replies = connection.send_all(self.operation, pipeline, until).await;
            let replies = match self.discard_on_error(&connection, replies) {
                Err(StoreError::Closed(_)) if repeats.next().is_some() => continue,
                replies => replies.map_err(StoreError::of_read)?,
            };
            return if replies.len() == pipeline.len() { Ok(replies) } else { Err(not_one_for_each()) };
        }
    }

    /// Reads the server clock on every connection, which updates the offset of their deadlines.
    pub(crate) async fn sample_clock(&self, deadline: Instant) -> StoreResult<ClockSample> {
        let mut repeats = 0..self.len();
        let (connection, until, sample) = loop {
            let (connection, until) = self.acquire(deadline).await?;
            let sample = connection.sample_clock(until).await;
            match self.discard_on_error(&connection, sample) {
                Err(StoreError::Closed(_)) if repeats.next().is_some() => {}
                sample => break (connection, until, sample.map_err(StoreError::of_read)?),
            }
        };
        // At the same time, so that one that does not answer leaves time for the others. It is discarded, and replaced when
        // it is needed.
        let others = self.others(&connection).into_iter().map(|other| async move {
            drop(self.discard_on_error(&other, other.sample_clock(until).await));
        });
        join_all(others).await;
        Ok(sample)
    }
}

/// Returns whether the reply to `ROLE` is that of a primary.
fn is_primary(role: &Value) -> bool {
    matches!(role, Value::Array(parts) if parts.first() == Some(&Value::BulkString(b"master".to_vec())))
}

/// Takes a reply that must be a success.
pub(crate) fn success(reply: Value) -> StoreResult<Value> {
    reply.extract_error().map_err(StoreError::from_answer)
}

/// Takes as many replies as there were commands.
pub(crate) fn exactly<T, const N: usize>(replies: Vec<T>) -> StoreResult<[T; N]> {
    replies.try_into().map_err(|_| not_one_for_each())
}

/// Reads a reply of one type.
pub(crate) fn read<T: FromRedisValue>(reply: Value) -> StoreResult<T> {
    redis::from_redis_value(reply).map_err(|_| StoreError::NotExecuted(unexpected_reply("another type")))
}

fn not_one_for_each() -> StoreError {
    StoreError::NotExecuted(unexpected_reply("not one for each command"))
}
