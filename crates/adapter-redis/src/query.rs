//! Commands that change no token and no session. They are repeated on another connection if theirs was closed, as every
//! connection is after a restart of the server.

use auth_domain::model::RequestTime;
use auth_domain::ports::PortError;
use futures_util::future::join_all;
use redis::{Cmd, FromRedisValue, Pipeline, Value};

use crate::clock::ClockSample;
use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::store::RedisStore;

impl RedisStore {
    /// Sends a command.
    pub(crate) async fn query<T: FromRedisValue>(
        &self,
        cmd: &Cmd,
        request_time: RequestTime,
    ) -> StoreResult<T> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.add_command(cmd.clone());
        let [reply] = self.replies(&pipeline, request_time).await?;
        read(self.discard_on_error(reply)?)
    }

    /// Sends a command that only a primary can answer. After a failover, an old connection may lead to a replica, which
    /// receives writes late or never.
    pub(crate) async fn query_primary<T: FromRedisValue>(
        &self,
        cmd: Cmd,
        request_time: RequestTime,
    ) -> StoreResult<T> {
        let mut pipeline = Pipeline::with_capacity(2);
        pipeline.cmd("ROLE").add_command(cmd);
        let [role, reply] = self.replies(&pipeline, request_time).await?;
        if !is_primary(&self.discard_on_error(role)?) {
            self.connections().discard_all();
            return Err(StoreError::Replica(PortError::unavailable("Redis is a replica")));
        }
        read(self.discard_on_error(reply)?)
    }

    /// Takes a reply that must be a success. A server that is not the primary is not asked again.
    fn discard_on_error(&self, reply: Value) -> StoreResult<Value> {
        let reply = success(reply);
        if let Err(StoreError::Replica(_)) = reply {
            self.connections().discard_all();
        }
        reply
    }

    /// Sends commands; each reply may be an error of the server.
    pub(crate) async fn replies<const N: usize>(
        &self,
        pipeline: &Pipeline,
        request_time: RequestTime,
    ) -> StoreResult<[Value; N]> {
        let mut repeats = 0..self.connections().len();
        loop {
            let (connection, until) = self.connections().acquire(request_time.deadline()).await?;
            let replies = connection.send_all(pipeline, until).await;
            match self.connections().discard_on_error(&connection, replies) {
                Err(StoreError::Unanswered(_))
                    if self.clock().instant() < until && repeats.next().is_some() => {}
                replies => return exactly(replies.map_err(StoreError::of_read)?),
            }
        }
    }

    /// Reads the server clock on every connection, which updates the offset of their deadlines.
    pub(crate) async fn sample_clock(&self, request_time: RequestTime) -> StoreResult<ClockSample> {
        let (connections, clock) = (self.connections(), &**self.clock());
        let mut repeats = 0..connections.len();
        let (connection, until, sample) = loop {
            let (connection, until) = connections.acquire(request_time.deadline()).await?;
            let sample = connection.sample_clock(clock, until).await;
            match connections.discard_on_error(&connection, sample) {
                Err(StoreError::Unanswered(_)) if clock.instant() < until && repeats.next().is_some() => {}
                sample => break (connection, until, sample.map_err(StoreError::of_read)?),
            }
        };
        // At the same time, so that one that does not answer leaves time for the others. It is discarded, and replaced when
        // it is needed.
        let others = connections.others(&connection).into_iter().map(|other| async move {
            drop(connections.discard_on_error(&other, other.sample_clock(clock, until).await));
        });
        join_all(others).await;
        Ok(sample)
    }
}

/// Returns whether the reply to `ROLE` is that of a primary.
pub(crate) fn is_primary(role: &Value) -> bool {
    matches!(role, Value::Array(parts) if parts.first() == Some(&Value::BulkString(b"master".to_vec())))
}

/// Takes a reply that must be a success.
pub(crate) fn success(reply: Value) -> StoreResult<Value> {
    reply.extract_error().map_err(StoreError::from_answer)
}

/// Takes as many replies as there were commands.
pub(crate) fn exactly<const N: usize>(replies: Vec<Value>) -> StoreResult<[Value; N]> {
    replies.try_into().map_err(|_| StoreError::NotExecuted(unexpected_reply("not one for each command")))
}

/// Reads a reply of one type.
pub(crate) fn read<T: FromRedisValue>(reply: Value) -> StoreResult<T> {
    redis::from_redis_value(reply).map_err(|_| StoreError::NotExecuted(unexpected_reply("another type")))
}
