//! The store: what every port of this adapter is made of.

mod asking;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use auth_domain::model::{RequestTime, TokenId, to_unix_microseconds};
use auth_domain::ports::{Clock, PortError};
use redis::{Client, ConnectionAddr, ErrorKind, ProtocolVersion, ServerErrorKind, Value};

use crate::address::{Address, Transport};
use crate::config::{ConfigError, RedisConfig};
use crate::denylist_copy::{DenylistCopy, Life};
use crate::error::{StepError, answered};
use crate::link::Link;
use crate::links::Links;
use crate::reply::Reply;
use crate::server_clock::describe;
use crate::step::Step;
pub(crate) use asking::is_primary;

/// How long a command may take.
const COMMAND_LIMIT: Duration = Duration::from_millis(500);
/// How often a step is sent at most: once more where the server had forgotten the script, or where its clock was moved.
const ATTEMPTS: usize = 3;

/// Redis, as every port of this adapter uses it; cheap to clone.
#[derive(Clone)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    config: RedisConfig,
    transport: Transport,
    links: Links,
    /// Makes the connection that follows the denylist: only the newer protocol lets Redis speak first.
    following: Client,
    /// What this process knows of the denylist, where it keeps a copy.
    copy: OnceLock<Arc<DenylistCopy>>,
    clock: Arc<dyn Clock>,
}

/// What became of one attempt at a step.
enum Attempt {
    Answered(Value),
    /// The server does not know the script; it has done nothing.
    Unloaded,
    /// The server's clock says that the deadline has passed; it has done nothing.
    Late,
    /// The server's clock, with this time, is too far from ours; the script has done nothing.
    ClocksApart(i64),
}

impl RedisStore {
    /// Judges the settings. No connection is made before one is needed, so a server that is away now is used when
    /// it comes.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting at fault.
    pub fn new(config: RedisConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let address = Address::parse(&config)?;
        let (connection, transport) = (address.connection, address.transport);
        let resp3 = connection.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let following = Client::open(connection.clone().set_redis_settings(resp3));
        let following = following.map_err(|_| ConfigError::NotAnAddress)?;
        let links = Links::new(connection, clock.clone()).map_err(|_| ConfigError::NotAnAddress)?;
        let copy = OnceLock::new();
        Ok(Self { inner: Arc::new(Inner { config, transport, links, following, copy, clock }) })
    }

    pub(crate) fn config(&self) -> &RedisConfig {
        &self.inner.config
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    pub(crate) fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.inner.clock)
    }

    pub(crate) fn following(&self) -> &Client {
        &self.inner.following
    }

    /// Returns the copy of the denylist, and begins one where there is none.
    pub(crate) fn copy(&self) -> Arc<DenylistCopy> {
        let config = self.config();
        // No token that an entry is written for lives longer.
        let gone_life = config.access_ttl.saturating_add(config.denylist_margin);
        Arc::clone(
            self.inner.copy.get_or_init(|| Arc::new(DenylistCopy::new(self.clock().instant(), gone_life))),
        )
    }

    /// Notes in the copy, where there is one, what was written to the denylist just now, each entry with its life in
    /// milliseconds: what this process revokes it knows at once, before Redis tells it.
    pub(crate) fn note_revoked(&self, entries: impl Iterator<Item = (TokenId, i64)>) {
        let Some(copy) = self.inner.copy.get() else { return };
        let now = self.clock().instant();
        for (id, millis) in entries {
            copy.learn(id, Life::of(millis), now);
        }
    }

    pub(crate) fn address(&self) -> &ConnectionAddr {
        self.inner.following.get_connection_info().addr()
    }

    pub(crate) fn transport(&self) -> Transport {
        self.inner.transport
    }

    /// Runs a script. It takes effect before the deadline or never. A script that stores a time has no effect if the clocks are
    /// too far apart.
    pub(crate) async fn run(&self, step: &Step, request_time: RequestTime) -> Result<Reply, StepError> {
        for _ in 0..ATTEMPTS {
            let (link, until) = self.link(request_time).await?;
            let now = to_unix_microseconds(self.clock().now());
            let cmd = step.until(link.server_time(until), now);
            match self.watch(&link, link.send(&cmd, until).await.and_then(attempt))? {
                Attempt::Answered(value) => return Reply::of(value).map_err(StepError::NotDone),
                Attempt::Unloaded => self.watch(&link, link.load_scripts(until).await)?,
                Attempt::Late => drop(self.read_clock(&link, until).await?),
                Attempt::ClocksApart(server_time) => {
                    let skew = server_time.saturating_sub(now);
                    return Err(StepError::NotDone(PortError::unavailable(describe(skew))));
                }
            }
        }
        Err(StepError::too_late())
    }

    /// Returns a connection, and the end of a command that begins on it now.
    async fn link(&self, request_time: RequestTime) -> Result<(Arc<Link>, Instant), StepError> {
        let deadline = request_time.deadline();
        if self.clock().instant() >= deadline {
            return Err(StepError::too_late());
        }
        let link = self.inner.links.get(deadline).await?;
        Ok((link, deadline.min(self.clock().instant() + COMMAND_LIMIT)))
    }

    /// Keeps later callers from every connection that there is.
    pub(crate) fn give_up_all(&self) {
        self.inner.links.give_up_all();
    }

    /// Gives a connection up that does not answer, or leads to the wrong server.
    fn watch<T>(&self, link: &Arc<Link>, result: Result<T, StepError>) -> Result<T, StepError> {
        match &result {
            Err(StepError::Unknown(_)) => self.inner.links.give_up(link),
            // The others lead to the same server, and would go on answering what it knew when it was the primary.
            Err(StepError::WrongServer(_)) => self.inner.links.give_up_all(),
            Ok(_) | Err(StepError::NotDone(_)) => {}
        }
        result
    }
}

fn attempt(value: Value) -> Result<Attempt, StepError> {
    match value.extract_error() {
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => Ok(Attempt::Unloaded),
        Err(error) => Err(answered(error)),
        Ok(value) => Ok(match nothing_done(&value) {
            Some((b"late", _)) => Attempt::Late,
            Some((b"clocks_apart", Some(Value::Int(server_time)))) => Attempt::ClocksApart(*server_time),
            _ => Attempt::Answered(value),
        }),
    }
}

/// Returns the word and the value of a reply by which a script may report that it has done nothing.
fn nothing_done(value: &Value) -> Option<(&[u8], Option<&Value>)> {
    let Value::Array(parts) = value else { return None };
    let Some(Value::BulkString(word)) = parts.first() else { return None };
    Some((word, parts.get(1)))
}
