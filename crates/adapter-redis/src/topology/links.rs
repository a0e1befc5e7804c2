//! The connections that primaries are discovered over: one to each sentinel, or to some nodes of a cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::{Clock, PortError};
use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{ConnectionAddr, Pipeline, RedisConnectionInfo, Value};
use tokio::time::timeout_at;

use crate::connection::before;
use crate::connector::{Connector, Target};
use crate::error::{StoreError, StoreResult};
use crate::server_error::{AUTHENTICATION_FAILED, is_authentication};

/// The connections, by address.
#[derive(Default)]
pub(super) struct Links {
    open: Vec<(ConnectionAddr, MultiplexedConnection)>,
    /// The configuration that they were opened with.
    target: Option<Arc<Target>>,
}

/// What every question needs.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) connector: &'a Connector,
    pub(super) clock: &'a dyn Clock,
    pub(super) until: Instant,
}

/// A question to several servers at the same time.
struct Question<'a> {
    asking: Asking<'a>,
    commands: &'a Pipeline,
    /// The user of the sentinels; `None` stands for that of the servers.
    sentinel_user: Option<&'a RedisConnectionInfo>,
}

/// The replies of a server, or why there are none.
pub(crate) type Answer = (ConnectionAddr, StoreResult<Vec<Value>>);

impl Links {
    /// Asks all servers, and returns the answers that arrived in time.
    ///
    /// # Parameters
    /// - `sentinel_user`: the user of the sentinels; `None` stands for that of the servers.
    /// - `enough`: after this many answers, the other servers get only so much time more.
    pub(super) async fn ask(
        &mut self,
        addresses: &[ConnectionAddr],
        commands: &Pipeline,
        sentinel_user: Option<&RedisConnectionInfo>,
        (enough, grace): (usize, Duration),
        asking: Asking<'_>,
    ) -> Vec<Answer> {
        self.close_those_of_others(addresses, asking.connector.target());
        let question = Question { asking, commands, sentinel_user };
        let asked = addresses.iter().map(|address| {
            let open = self.open.iter().find(|(other, _)| other == address);
            question.ask(address.clone(), open.map(|(_, connection)| connection.clone()))
        });
        let mut asked: FuturesUnordered<_> = asked.collect();
        let (mut answers, mut until, mut successes) = (Vec::new(), asking.until, 0);
        while let Ok(Some((address, answer))) = timeout_at(until.into(), asked.next()).await {
            self.open.retain(|(other, _)| *other != address);
            let answer = answer.map(|(connection, replies)| {
                self.open.push((address.clone(), connection));
                replies
            });
            successes += usize::from(answer.is_ok());
            if successes == enough {
                until = until.min(asking.clock.instant() + grace);
            }
            answers.push((address, answer));
        }
        // A server that did not answer is connected to anew.
        self.open.retain(|(address, _)| answers.iter().any(|(other, _)| other == address));
        answers
    }

    /// Closes the connections of another configuration, and to servers that are not asked any more.
    fn close_those_of_others(&mut self, addresses: &[ConnectionAddr], target: Arc<Target>) {
        if !self.target.as_ref().is_some_and(|former| Arc::ptr_eq(former, &target)) {
            self.open.clear();
            self.target = Some(target);
        }
        self.open.retain(|(address, _)| addresses.contains(address));
    }
}

impl Question<'_> {
    /// Asks one server, over a new connection if none is open or if it was closed.
    async fn ask(
        &self,
        address: ConnectionAddr,
        open: Option<MultiplexedConnection>,
    ) -> (ConnectionAddr, StoreResult<(MultiplexedConnection, Vec<Value>)>) {
        if let Some(connection) = open {
            match self.send(connection).await {
                Err(StoreError::Closed(_)) => {}
                answer => return (address, answer),
            }
        }
        let answer = async { self.send(self.open(&address).await?).await };
        let answer = answer.await.map_err(|error| self.explained(&address, error));
        (address, answer)
    }

    async fn open(&self, address: &ConnectionAddr) -> StoreResult<MultiplexedConnection> {
        let Asking { connector, clock, .. } = self.asking;
        let opened = match self.sentinel_user {
            Some(user) => connector.open_sentinel(address, user, clock).await,
            None => connector.open(address, clock).await,
        };
        Ok(opened?.0)
    }

    /// Names the sentinel, and the parameters of the URL, if it rejects the credentials.
    fn explained(&self, address: &ConnectionAddr, error: StoreError) -> StoreError {
        match (self.sentinel_user, error) {
            (Some(user), StoreError::NotExecuted(error)) if is_authentication(&error) => {
                let problem = if user.password().is_some() {
                    "rejects sentinel_user or sentinel_password; correct them"
                } else {
                    "requires a password; add sentinel_password, and sentinel_user unless it is of the user `default`"
                };
                let text = format!("REDIS__URL: the sentinel {address} {problem}");
                StoreError::NotExecuted(PortError::misconfigured(text))
            }
            (_, error) => error,
        }
    }

    async fn send(
        &self,
        mut connection: MultiplexedConnection,
    ) -> StoreResult<(MultiplexedConnection, Vec<Value>)> {
        let replies = connection.req_packed_commands(self.commands, 0, self.commands.len());
        let replies = async { replies.await.map_err(StoreError::from_answer) };
        let replies = before(self.asking.until, replies).await?;
        // A server that requires a password accepts a connection without one, and rejects each command.
        let rejected = |reply: &Value| matches!(reply, Value::ServerError(error) if error.code() == "NOAUTH");
        if replies.iter().any(rejected) {
            return Err(StoreError::NotExecuted(PortError::misconfigured(AUTHENTICATION_FAILED)));
        }
        Ok((connection, replies))
    }
}
