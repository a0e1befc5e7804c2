//! One connection to the server.

use std::time::{Duration, Instant};

use auth_domain::model::to_microseconds;
use auth_domain::ports::Clock;
use deadpool_redis::{Connection, Pool};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, Value};
use tokio::time::timeout_at;

use crate::error::{StepError, answered, unconnected};
use crate::scripts;
use crate::server_clock::ServerClock;

/// A clock that is measured more quickly than this is measured well enough.
const GOOD_MEASUREMENT: Duration = Duration::from_millis(5);
const MEASUREMENTS: usize = 3;

/// A multiplexed connection that many callers share, with what is known of the server's clock.
pub(crate) struct Link {
    /// From the pool, and never back there: one that was given up must not be lent again.
    connection: MultiplexedConnection,
    clock: ServerClock,
}

/// A reading of the server's clock.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    /// Microseconds since 1970.
    pub(crate) micros: i64,
    pub(crate) asked: Instant,
    pub(crate) received: Instant,
}

impl Link {
    /// Takes a connection from the pool and prepares it: the scripts are loaded, the clock is read.
    pub(crate) async fn open(
        pool: &Pool,
        clock: &dyn Clock,
        origin: Instant,
        until: Instant,
    ) -> Result<Self, StepError> {
        let open = async {
            let mut connection = Connection::take(pool.get().await.map_err(unconnected)?);
            load_scripts(&mut connection).await?;
            let reading = measure(&mut connection, clock).await?;
            let clock = ServerClock::new(origin, reading.micros, reading.received);
            Ok(Self { connection, clock })
        };
        timeout_at(until.into(), open).await.unwrap_or_else(|_| Err(StepError::unanswered()))
    }

    /// Sends a command and waits for its reply, which may be an error of the server.
    pub(crate) async fn send(&self, cmd: &Cmd, until: Instant) -> Result<Value, StepError> {
        let mut shared = self.shared();
        let reply = timeout_at(until.into(), shared.req_packed_command(cmd)).await;
        reply.map_err(|_| StepError::unanswered())?.map_err(answered)
    }

    /// Sends commands together and waits for their replies, each of which may be an error of the server.
    pub(crate) async fn send_all(
        &self,
        pipeline: &Pipeline,
        until: Instant,
    ) -> Result<Vec<Value>, StepError> {
        let mut shared = self.shared();
        let replies = timeout_at(until.into(), shared.req_packed_commands(pipeline, 0, pipeline.len())).await;
        replies.map_err(|_| StepError::unanswered())?.map_err(answered)
    }

    /// Makes scripts known again to a server that has forgotten them.
    pub(crate) async fn load_scripts(&self, until: Instant) -> Result<(), StepError> {
        let mut shared = self.shared();
        let loaded = timeout_at(until.into(), load_scripts(&mut shared)).await;
        loaded.unwrap_or_else(|_| Err(StepError::unanswered()))
    }

    /// Reads the server's clock anew.
    pub(crate) async fn read_clock(&self, clock: &dyn Clock, until: Instant) -> Result<Reading, StepError> {
        let mut shared = self.shared();
        let measured = timeout_at(until.into(), measure(&mut shared, clock)).await;
        let reading = measured.unwrap_or_else(|_| Err(StepError::unanswered()))?;
        self.clock.set(reading.micros, reading.received);
        Ok(reading)
    }

    /// Returns what the server's clock shows at `instant`.
    pub(crate) fn server_time(&self, instant: Instant) -> i64 {
        self.clock.at(instant)
    }

    fn shared(&self) -> MultiplexedConnection {
        self.connection.clone()
    }
}

/// Loads every script. Each reply is looked at by itself: the driver's summary of a pipeline drops the codes of errors.
async fn load_scripts(connection: &mut MultiplexedConnection) -> Result<(), StepError> {
    let pipeline = scripts::load_all();
    let replies = connection.req_packed_commands(&pipeline, 0, pipeline.len()).await.map_err(answered)?;
    replies.into_iter().try_for_each(|reply| reply.extract_error().map(drop)).map_err(answered)
}

/// Reads the server's clock; again where the answer took so long that deadlines would come early by it.
async fn measure(connection: &mut MultiplexedConnection, clock: &dyn Clock) -> Result<Reading, StepError> {
    let mut best: Option<Reading> = None;
    for _ in 0..MEASUREMENTS {
        let asked = clock.instant();
        let (seconds, micros): (i64, i64) =
            redis::cmd("TIME").query_async(connection).await.map_err(answered)?;
        let micros = seconds.saturating_mul(to_microseconds(Duration::from_secs(1))).saturating_add(micros);
        let reading = Reading { micros, asked, received: clock.instant() };
        if best.is_none_or(|best| reading.took() < best.took()) {
            best = Some(reading);
        }
        if reading.took() < GOOD_MEASUREMENT {
            break;
        }
    }
    best.ok_or_else(StepError::unanswered)
}

impl Reading {
    /// How long the reading may be old, or early, at most.
    pub(crate) fn took(&self) -> Duration {
        self.received.saturating_duration_since(self.asked)
    }
}
