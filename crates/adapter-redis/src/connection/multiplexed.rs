//! One connection to the server.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use auth_domain::model::{to_microseconds, to_unix_microseconds};
use auth_domain::observation::{Operation, RoundTrips};
use auth_domain::ports::Clock;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, Value};

use super::confirmed_writes::ConfirmedWrites;
use super::outcome::{Replies, outcome};
use super::role::{is_primary, replica};
use super::server::Server;
use super::timeouts::before;
use crate::clock::{ClockSample, ServerClock};
use crate::connector::{Connector, Target};
use crate::error::{StoreError, StoreResult};
use crate::replies::exactly;
use crate::scripts::load_scripts;

/// A connection without an answer for longer than this is idle.
const IDLE_AFTER: Duration = Duration::from_secs(1);

/// A multiplexed connection that many callers share, and the clock of its server.
pub(crate) struct Connection {
    pub(super) multiplexed: MultiplexedConnection,
    server_clock: ServerClock,
    server: Arc<Server>,
    target: Arc<Target>,
    pub(super) clock: Arc<dyn Clock>,
    origin: Instant,
    /// When it was last answered, in microseconds since `origin`.
    answered: AtomicI64,
    round_trips: RoundTrips,
    pub(super) confirmed_writes: OnceLock<ConfirmedWrites>,
}

impl Connection {
    /// Opens a connection, loads the scripts and reads the server clock.
    pub(crate) async fn open(
        connector: Arc<Connector>,
        server: Arc<Server>,
        clock: Arc<dyn Clock>,
        origin: Instant,
    ) -> StoreResult<Self> {
        let (mut multiplexed, target) = connector.open(server.address(), &*clock).await?;
        let role = server.checks_role().then(|| redis::cmd("ROLE"));
        if load_scripts(&mut multiplexed, role).await?.is_some_and(|role| !is_primary(&role)) {
            return Err(replica());
        }
        let sample = ClockSample::take(&mut multiplexed, &*clock).await?;
        let server_clock = ServerClock::new(origin, sample);
        let (answered, round_trips) = (AtomicI64::new(0), connector.round_trips.clone());
        let confirmed_writes = OnceLock::new();
        let connection = Self {
            multiplexed,
            server_clock,
            server,
            target,
            clock,
            origin,
            answered,
            round_trips,
            confirmed_writes,
        };
        connection.note_answer(connection.clock.instant());
        Ok(connection)
    }

    pub(crate) const fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Whether the connection must not be used again, because another server is the primary or another user is configured now.
    pub(crate) fn is_retired(&self) -> bool {
        self.target.is_retired() || self.server.is_retired()
    }

    /// Sends a command and returns its reply, which may be an error of the server. A node that imports the slot of the command
    /// executes it only after `ASKING`.
    pub(crate) async fn send(
        &self,
        operation: Operation,
        cmd: &Cmd,
        asking: bool,
        until: Instant,
    ) -> StoreResult<Value> {
        if asking {
            let mut pipeline = Pipeline::with_capacity(2);
            pipeline.cmd("ASKING").add_command(cmd.clone());
            let [_asking, reply] = exactly(self.send_all(operation, &pipeline, until).await?)?;
            return Ok(reply);
        }
        let mut multiplexed = self.multiplexed.clone();
        let reply = async { multiplexed.req_packed_command(cmd).await.map_err(StoreError::from_answer) };
        self.observed(operation, before(until, reply)).await
    }

    /// Sends commands together and returns their replies, each of which may be an error of the server.
    pub(crate) async fn send_all(
        &self,
        operation: Operation,
        pipeline: &Pipeline,
        until: Instant,
    ) -> StoreResult<Vec<Value>> {
        let mut multiplexed = self.multiplexed.clone();
        let replies = multiplexed.req_packed_commands(pipeline, 0, pipeline.len());
        let replies = async { replies.await.map_err(StoreError::from_answer) };
        self.observed(operation, before(until, replies)).await
    }

    /// Reports a round trip, and notes an answer.
    pub(super) async fn observed<T: Replies>(
        &self,
        operation: Operation,
        sent: impl Future<Output = StoreResult<T>>,
    ) -> StoreResult<T> {
        let started = self.clock.instant();
        let result = sent.await.and_then(|replies| self.server.believed(replies));
        let now = self.clock.instant();
        if result.is_ok() {
            self.note_answer(now);
        }
        self.round_trips.record(operation, outcome(&result), now.saturating_duration_since(started));
        result
    }

    /// Returns whether the connection had no answer for a while, so that it may have died silently.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.since_origin(now) - self.answered.load(Ordering::Relaxed) > to_microseconds(IDLE_AFTER)
    }

    /// Asks for the time, which each user of the adapter may do. An error of the server is an answer as well.
    pub(crate) async fn is_alive(&self, until: Instant) -> bool {
        self.send(Operation::Check, &redis::cmd("TIME"), false, until).await.is_ok()
    }

    fn note_answer(&self, now: Instant) {
        self.answered.store(self.since_origin(now), Ordering::Relaxed);
    }

    /// Returns microseconds.
    fn since_origin(&self, instant: Instant) -> i64 {
        to_microseconds(instant.saturating_duration_since(self.origin))
    }

    /// Loads the scripts again, for a server that has lost them.
    pub(crate) async fn load_scripts(&self, until: Instant) -> StoreResult<()> {
        before(until, load_scripts(&mut self.multiplexed.clone(), None)).await.map(drop)
    }

    /// Reads the server clock again.
    pub(crate) async fn sample_clock(&self, until: Instant) -> StoreResult<ClockSample> {
        let sample = before(until, ClockSample::take(&mut self.multiplexed.clone(), &*self.clock)).await?;
        self.note_clock(sample);
        self.note_answer(sample.received);
        Ok(sample)
    }

    /// Takes over a sample of the server clock.
    pub(crate) fn note_clock(&self, sample: ClockSample) {
        self.server_clock.update(sample);
    }

    /// Returns how far the server clock is ahead of ours, in microseconds, by the last sample.
    pub(crate) fn skew(&self) -> i64 {
        self.server_time(self.clock.instant()).saturating_sub(to_unix_microseconds(self.clock.now()))
    }

    /// Converts an instant to Unix microseconds of the server clock.
    pub(crate) fn server_time(&self, instant: Instant) -> i64 {
        self.server_clock.at(instant)
    }
}
