//! One connection to the server.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::ports::Clock;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, Value};
use tokio::time::timeout_at;

use crate::clock::{ClockSample, ServerClock};
use crate::connector::{Connector, Target};
use crate::error::{StoreError, StoreResult};
use crate::scripts::load_scripts;

/// A multiplexed connection that many callers share, and the clock of its server.
pub(crate) struct Connection {
    multiplexed: MultiplexedConnection,
    clock: ServerClock,
    target: Arc<Target>,
}

impl Connection {
    /// Opens a connection, loads the scripts and reads the server clock.
    pub(super) async fn open(
        connector: Arc<Connector>,
        clock: Arc<dyn Clock>,
        origin: Instant,
    ) -> StoreResult<Self> {
        let (mut multiplexed, target) = connector.open(&*clock).await?;
        load_scripts(&mut multiplexed).await?;
        let sample = ClockSample::take(&mut multiplexed, &*clock).await?;
        Ok(Self { multiplexed, clock: ServerClock::new(origin, sample), target })
    }

    /// Whether the connection must not be used again, because another server or user is configured now.
    pub(super) fn is_retired(&self) -> bool {
        self.target.is_retired()
    }

    /// Sends a command and returns its reply, which may be an error of the server.
    pub(crate) async fn send(&self, cmd: &Cmd, until: Instant) -> StoreResult<Value> {
        let mut multiplexed = self.multiplexed.clone();
        before(until, async { multiplexed.req_packed_command(cmd).await.map_err(StoreError::from_answer) })
            .await
    }

    /// Sends commands together and returns their replies, each of which may be an error of the server.
    pub(crate) async fn send_all(&self, pipeline: &Pipeline, until: Instant) -> StoreResult<Vec<Value>> {
        let mut multiplexed = self.multiplexed.clone();
        let replies = multiplexed.req_packed_commands(pipeline, 0, pipeline.len());
        before(until, async { replies.await.map_err(StoreError::from_answer) }).await
    }

    /// Loads the scripts again, for a server that has lost them.
    pub(crate) async fn load_scripts(&self, until: Instant) -> StoreResult<()> {
        before(until, load_scripts(&mut self.multiplexed.clone())).await
    }

    /// Reads the server clock again.
    pub(crate) async fn sample_clock(&self, clock: &dyn Clock, until: Instant) -> StoreResult<ClockSample> {
        let sample = before(until, ClockSample::take(&mut self.multiplexed.clone(), clock)).await?;
        self.clock.update(sample);
        Ok(sample)
    }

    /// Converts an instant to Unix microseconds of the server clock.
    pub(crate) fn server_time(&self, instant: Instant) -> i64 {
        self.clock.at(instant)
    }
}

/// Waits for `result` until an instant. The command that it sends may be executed later.
pub(super) async fn before<T>(
    until: Instant,
    result: impl Future<Output = StoreResult<T>>,
) -> StoreResult<T> {
    timeout_at(until.into(), result).await.unwrap_or_else(|_| Err(StoreError::timeout()))
}
