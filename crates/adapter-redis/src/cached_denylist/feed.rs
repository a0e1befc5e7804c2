//! The connection that tells of every write to the denylist.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use auth_domain::model::TokenId;
use auth_domain::ports::{Clock, PortError};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, Pipeline, PushInfo, Value};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout_at;

use super::notices::{Notice, Notices, note};
use crate::denylist_copy::{DenylistCopy, Life, Moment};
use crate::error::{StepError, answered, contradiction, rejected};
use crate::keys;
use crate::reply;

/// How long a connection may take, and every reply on it.
const LIMIT: Duration = Duration::from_secs(1);
/// How many keys are looked at in one step while the copy is filled.
const SCAN: usize = 1_000;
/// How many lifetimes are asked for at once.
const BATCH: usize = 256;

/// One connection, from which the copy is kept current.
pub(super) struct Feed {
    connection: MultiplexedConnection,
    notices: UnboundedReceiver<Notice>,
    is_lost: Arc<AtomicBool>,
    copy: Arc<DenylistCopy>,
    clock: Arc<dyn Clock>,
}

impl Feed {
    /// Connects and subscribes; what is written from now on reaches the copy.
    pub(super) async fn open(
        client: &Client,
        copy: &Arc<DenylistCopy>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, StepError> {
        let (sender, notices) = unbounded_channel();
        let is_lost = Arc::new(AtomicBool::new(false));
        let telling = Notices { sender, is_lost: Arc::clone(&is_lost) };
        let (noting, now) = (Arc::clone(copy), Arc::clone(clock));
        // Called by the one who reads the connection, in the order of what Redis sends: when a reply is handed over, all
        // that was told before it is in the copy.
        let push = move |push: PushInfo| note(&push, &noting, now.instant(), &telling);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(LIMIT))
            .set_response_timeout(None)
            .set_push_sender(push);
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let connection = timeout_at((clock.instant() + LIMIT).into(), connecting).await;
        let connection = connection.map_err(|_| StepError::unanswered())?;
        let connection = connection.map_err(|error| StepError::NotDone(rejected(error)))?;
        let mut feed =
            Self { connection, notices, is_lost, copy: Arc::clone(copy), clock: Arc::clone(clock) };
        feed.check_role().await?;
        feed.subscribe().await?;
        Ok(feed)
    }

    async fn subscribe(&mut self) -> Result<(), StepError> {
        let mut tracking = Pipeline::new();
        tracking.cmd("CLIENT").arg("TRACKING").arg("ON").arg("BCAST").arg("PREFIX").arg(keys::REVOKED);
        self.send(&tracking).await.map(drop)
    }

    /// Reads what was written before the subscription. Entries are added to the copy; none is taken out.
    pub(super) async fn load(&mut self) -> Result<(), StepError> {
        let mut cursor = "0".to_owned();
        loop {
            let mut scan = Pipeline::new();
            scan.cmd("SCAN").arg(&cursor).arg("MATCH").arg(format!("{}*", keys::REVOKED));
            scan.arg("COUNT").arg(SCAN);
            let [page] = self.replies(&scan).await?;
            let (next, found): (String, Vec<Vec<u8>>) = reply::read(page)?;
            let tokens: Vec<_> = found.iter().filter_map(|key| keys::revoked_token(key)).collect();
            self.learn(&tokens).await?;
            if next == "0" {
                return Ok(());
            }
            cursor = next;
        }
    }

    /// Sends the commands that [`load`](Self::load) and [`learn`](Self::learn) send, about next to nothing.
    pub(super) async fn try_out(&mut self) -> Result<(), StepError> {
        let mut commands = Pipeline::new();
        commands.cmd("SCAN").arg(0).arg("COUNT").arg(1);
        commands.cmd("PTTL").arg(keys::REVOKED);
        self.send(&commands).await.map(drop)
    }

    /// Asks for a sign of life, and trusts the copy for another lease.
    pub(super) async fn confirm(&mut self) -> Result<(), StepError> {
        let sent = Moment::now(&*self.clock);
        self.check_role().await?;
        // Redis writes its notices once a turn, and one with several threads may answer a writer before it does. A second
        // question is of a later turn: what was written before the first was sent is told before the second is answered.
        let mut second = Pipeline::new();
        self.send(second.cmd("PING")).await?;
        let is_trusted = self.copy.confirm(&self.is_lost, sent, self.clock.instant());
        if is_trusted { Ok(()) } else { Err(lost()) }
    }

    /// Waits until Redis has told of writes, and returns what was written: it is in the copy already, with a lifetime that
    /// is still a guess.
    ///
    /// Dropping it half way loses nothing.
    pub(super) async fn told(&mut self) -> Result<Vec<TokenId>, StepError> {
        let mut notices = Vec::with_capacity(BATCH);
        if self.notices.recv_many(&mut notices, BATCH).await == 0 {
            return Err(lost());
        }
        let written = notices.into_iter().map(|notice| match notice {
            Notice::Written(id) => Ok(id),
            Notice::Lost => Err(lost()),
        });
        written.collect()
    }

    /// Asks for the lifetimes of entries.
    pub(super) async fn learn(&mut self, tokens: &[TokenId]) -> Result<(), StepError> {
        for batch in tokens.chunks(BATCH) {
            let mut lives = Pipeline::new();
            for id in batch {
                lives.cmd("PTTL").arg(keys::revoked(*id));
            }
            let replies = self.send(&lives).await?;
            let now = self.clock.instant();
            for (id, life) in batch.iter().zip(replies) {
                self.copy.learn(*id, Life::of(reply::read(life)?), now);
            }
        }
        Ok(())
    }

    /// Sends a `PING`, and asks whether this is still a server that writes come to: after a failover an old connection
    /// may lead to what is a replica now, and a replica learns late.
    async fn check_role(&mut self) -> Result<(), StepError> {
        let mut signs = Pipeline::new();
        signs.cmd("PING").cmd("HELLO");
        let [_pong, hello] = self.replies(&signs).await?;
        let Value::Map(hello) = hello else {
            return Err(StepError::NotDone(contradiction("HELLO names nothing")));
        };
        let says = |name: &str, text: &str| {
            hello.iter().any(|(key, value)| is_text(key, name) && is_text(value, text))
        };
        if says("mode", "cluster") {
            let why = "the denylist of a Redis Cluster cannot be followed";
            return Err(StepError::NotDone(PortError::misconfigured(why)));
        }
        if says("role", "master") {
            return Ok(());
        }
        Err(StepError::WrongServer(PortError::unavailable("Redis is a replica")))
    }

    async fn replies<const N: usize>(&mut self, pipeline: &Pipeline) -> Result<[Value; N], StepError> {
        reply::exactly(self.send(pipeline).await?)
    }

    /// Sends commands; every reply must be a success.
    async fn send(&mut self, pipeline: &Pipeline) -> Result<Vec<Value>, StepError> {
        let until = self.clock.instant() + LIMIT;
        let replies = self.connection.req_packed_commands(pipeline, 0, pipeline.len());
        let replies = timeout_at(until.into(), replies).await.map_err(|_| StepError::unanswered())?;
        reply::successes(replies.map_err(answered)?)
    }
}

fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::BulkString(bytes) => bytes == text.as_bytes(),
        Value::SimpleString(simple) => simple == text,
        _ => false,
    }
}

fn lost() -> StepError {
    StepError::Unknown(PortError::unavailable(
        "Redis closed the connection, or has replaced all keys at once",
    ))
}

#[cfg(test)]
mod tests {
    use auth_testkit::servers::RedisServer;
    use auth_testkit::{TestClock, holds_within};

    use super::*;
    use crate::{RedisConfig, RedisStore};

    /// Keys were replaced that nobody named: what this connection tells later does not make up for them.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_connection_that_was_lost_is_never_believed_again() {
        let server = RedisServer::start();
        let store = RedisStore::new(RedisConfig::new(server.url()), TestClock::of_this_machine()).unwrap();
        let (copy, clock) = (store.copy(), store.shared_clock());
        let is_current = || copy.is_current(Moment::now(&*clock));
        let mut feed = Feed::open(store.following(), &copy, &clock).await.unwrap();
        feed.confirm().await.unwrap();
        assert!(is_current());
        assert_eq!(server.cli(&["FLUSHALL"]), "OK");
        assert!(holds_within(LIMIT, || async { !is_current() }).await);
        assert!(feed.confirm().await.is_err() && !is_current());
    }
}
