//! The connection over which Redis reports every write to the denylist.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use auth_domain::model::{TokenId, to_unix_microseconds};
use auth_domain::ports::{Clock, PortError};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Pipeline, PushInfo, Value};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout_at;

use super::invalidations::{InvalidationHandler, TrackingEvent};
use crate::clock::{ClockSample, MAX_SKEW};
use crate::connection::{Server, before};
use crate::connections::Connections;
use crate::connector::Target;
use crate::denylist_cache::{DenylistCache, Lifetime, LocalTime};
use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::keys;
use crate::replies::{exactly, read, success};
use crate::topology::Topology;

/// How long a reply may take.
const REPLY_TIMEOUT: Duration = Duration::from_secs(1);
/// How many keys one `SCAN` looks at.
const SCAN_COUNT: usize = 1_000;
/// How many lifetimes one pipeline asks for.
const LIFETIME_BATCH: usize = 256;

/// One connection with client tracking, which keeps the cache up to date.
pub(super) struct TrackingConnection {
    connection: MultiplexedConnection,
    events: UnboundedReceiver<TrackingEvent>,
    is_lost: Arc<AtomicBool>,
    cache: Arc<DenylistCache>,
    clock: Arc<dyn Clock>,
    topology: Arc<Topology>,
    server: Arc<Server>,
    target: Arc<Target>,
}

impl TrackingConnection {
    /// Connects and starts the tracking. What is written from now on is reported to the cache.
    pub(super) async fn open(connections: &Connections, cache: &Arc<DenylistCache>) -> StoreResult<Self> {
        let clock = connections.clock();
        let server = connections.primary_to_track(clock.instant() + REPLY_TIMEOUT).await?;
        let (sender, events) = unbounded_channel();
        let is_lost = Arc::new(AtomicBool::new(false));
        let handler =
            InvalidationHandler { cache: Arc::clone(cache), events: sender, is_lost: Arc::clone(&is_lost) };
        let push_clock = Arc::clone(clock);
        let push = move |push: PushInfo| handler.handle(&push, push_clock.instant());
        let opened = connections.connector().open_tracking(server.address(), push, &**clock).await;
        let (connection, target) = opened?;
        let (cache, clock) = (Arc::clone(cache), Arc::clone(clock));
        let topology = Arc::clone(&connections.topology);
        let mut tracking = Self { connection, events, is_lost, cache, clock, topology, server, target };
        tracking.check_role().await?;
        tracking.start_tracking().await?;
        Ok(tracking)
    }

    async fn start_tracking(&mut self) -> StoreResult<()> {
        let mut tracking = Pipeline::new();
        tracking.cmd("CLIENT").arg("TRACKING").arg("ON").arg("BCAST").arg("PREFIX").arg(keys::REVOKED);
        self.send(&tracking).await.map(drop)
    }

    /// Adds what was written before the tracking started.
    pub(super) async fn load(&mut self) -> StoreResult<()> {
        let mut cursor = "0".to_owned();
        loop {
            let mut scan = Pipeline::new();
            scan.cmd("SCAN").arg(&cursor).arg("MATCH").arg(format!("{}*", keys::REVOKED));
            scan.arg("COUNT").arg(SCAN_COUNT);
            let [page] = exactly(self.send(&scan).await?)?;
            let (next, found): (String, Vec<Vec<u8>>) = read(page)?;
            let tokens: Vec<_> = found.iter().filter_map(|key| keys::revoked_token(key)).collect();
            self.ask_lifetimes(&tokens).await?;
            if next == "0" {
                return Ok(());
            }
            cursor = next;
        }
    }

    /// Sends the commands of [`load`](Self::load) and [`ask_lifetimes`](Self::ask_lifetimes) once, to check the rights.
    pub(super) async fn try_out(&mut self) -> StoreResult<()> {
        let mut commands = Pipeline::new();
        commands.cmd("SCAN").arg(0).arg("COUNT").arg(1);
        commands.cmd("PTTL").arg(keys::REVOKED);
        self.send(&commands).await.map(drop)
    }

    /// Sends a heartbeat, and renews the trust in the cache when it is answered, our clock is not behind, and the server is probably
    /// still the primary.
    pub(super) async fn send_heartbeat(&mut self) -> StoreResult<()> {
        if self.target.is_retired() || self.server.is_retired() {
            return Err(lost());
        }
        let sent = LocalTime::now(&*self.clock);
        self.check_role().await?;
        // Redis writes invalidations once in a turn of its event loop, and with several I/O threads it may answer a writer
        // before that. `TIME` is of a later turn: invalidations of writes before the `PING` precede its reply.
        if self.clock_is_behind().await? || self.topology.isolation.is_cut_off() {
            self.cache.end_trust();
            return Ok(());
        }
        let is_trusted = self.cache.renew_trust(&self.is_lost, sent, self.clock.instant());
        if is_trusted { Ok(()) } else { Err(lost()) }
    }

    /// Reads the server clock. While ours is behind it, the denylist decides about each token, and accepts none.
    async fn clock_is_behind(&mut self) -> StoreResult<bool> {
        let until = self.clock.instant() + REPLY_TIMEOUT;
        let sample = before(until, ClockSample::take(&mut self.connection, &*self.clock)).await?;
        let skew = sample.unix_microseconds.saturating_sub(to_unix_microseconds(self.clock.now()));
        Ok(skew > MAX_SKEW)
    }

    /// Waits for invalidations and returns their tokens, which the cache contains already, with a provisional lifetime.
    ///
    /// Cancel safe.
    pub(super) async fn invalidations(&mut self) -> StoreResult<Vec<TokenId>> {
        let mut events = Vec::with_capacity(LIFETIME_BATCH);
        if self.events.recv_many(&mut events, LIFETIME_BATCH).await == 0 {
            return Err(lost());
        }
        let invalidated = events.into_iter().map(|event| match event {
            TrackingEvent::Invalidated(id) => Ok(id),
            TrackingEvent::Lost => Err(lost()),
        });
        invalidated.collect()
    }

    /// Asks for the lifetimes of entries, and updates the cache.
    pub(super) async fn ask_lifetimes(&mut self, tokens: &[TokenId]) -> StoreResult<()> {
        for batch in tokens.chunks(LIFETIME_BATCH) {
            let mut commands = Pipeline::new();
            for id in batch {
                commands.cmd("PTTL").arg(keys::revoked(*id));
            }
            let replies = self.send(&commands).await?;
            let now = self.clock.instant();
            for (id, reply) in batch.iter().zip(replies) {
                self.cache.set_lifetime(*id, Lifetime::from_pttl(read(reply)?), now);
            }
        }
        Ok(())
    }

    /// Sends a `PING`, and checks that the server is a primary: after a failover, an old connection may lead to a replica,
    /// which receives writes late.
    async fn check_role(&mut self) -> StoreResult<()> {
        let mut commands = Pipeline::new();
        commands.cmd("PING").cmd("HELLO");
        let [_pong, hello] = exactly(self.send(&commands).await?)?;
        let Value::Map(hello) = hello else {
            return Err(StoreError::NotExecuted(unexpected_reply("HELLO returned no map")));
        };
        let has = |name: &str, text: &str| {
            hello.iter().any(|(key, value)| is_text(key, name) && is_text(value, text))
        };
        if has("mode", "cluster") {
            let reason = "the denylist of a Redis Cluster cannot be cached";
            return Err(StoreError::NotExecuted(PortError::misconfigured(reason)));
        }
        if has("role", "master") {
            return Ok(());
        }
        Err(StoreError::Replica(PortError::unavailable("Redis is a replica")))
    }

    /// Sends commands; every reply must be a success.
    async fn send(&mut self, pipeline: &Pipeline) -> StoreResult<Vec<Value>> {
        let until = self.clock.instant() + REPLY_TIMEOUT;
        let replies = self.connection.req_packed_commands(pipeline, 0, pipeline.len());
        let replies = timeout_at(until.into(), replies).await.map_err(|_| StoreError::timeout())?;
        replies.map_err(StoreError::from_answer)?.into_iter().map(success).collect()
    }
}

fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::BulkString(bytes) => bytes == text.as_bytes(),
        Value::SimpleString(simple) => simple == text,
        _ => false,
    }
}

fn lost() -> StoreError {
    StoreError::Unanswered(PortError::unavailable(
        "Redis closed the tracking connection, its keyspace was flushed, or another server or user is configured now",
    ))
}

#[cfg(test)]
mod tests {
    use auth_testkit::servers::RedisServer;
    use auth_testkit::{TestClock, holds_within};

    use super::*;
    use crate::{RedisConfig, RedisStore};

    /// Keys were replaced without an invalidation of each, and no later heartbeat makes up for that.
    #[tokio::test(flavor = "multi_thread")]
    async fn lost_connection_is_never_trusted_again() {
        let server = RedisServer::start();
        let config = RedisConfig::new(server.url());
        let store = RedisStore::new(&config, TestClock::of_this_machine()).unwrap();
        let (cache, clock) = (store.denylist_cache(Duration::from_mins(20)), store.clock());
        let is_trusted = || cache.is_trusted(LocalTime::now(&**clock));
        let mut tracking = TrackingConnection::open(store.connections(), cache).await.unwrap();
        tracking.send_heartbeat().await.unwrap();
        assert!(is_trusted());
        assert_eq!(server.cli(&["FLUSHALL"]), "OK");
        assert!(holds_within(REPLY_TIMEOUT, || async { !is_trusted() }).await);
        assert!(tracking.send_heartbeat().await.is_err() && !is_trusted());
    }
}
