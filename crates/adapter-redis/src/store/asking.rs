//! Commands that read from the server, and the server's clock.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::model::{RequestTime, from_unix_microseconds, to_unix_microseconds};
use auth_domain::ports::PortError;
use redis::{Cmd, FromRedisValue, Pipeline, Value};

use super::RedisStore;
use crate::error::StepError;
use crate::link::{Link, Reading};
use crate::links::LINKS;
use crate::reply;
use crate::server_clock::MAX_SKEW;

impl RedisStore {
    /// Sends a command that changes nothing.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        cmd: &Cmd,
        request_time: RequestTime,
    ) -> Result<T, StepError> {
        let mut question = Pipeline::with_capacity(1);
        question.add_command(cmd.clone());
        let [answer] = self.answers(&question, request_time).await?;
        reply::read(answer)
    }

    /// Sends a command that only a primary can answer: after a failover, an old connection may lead to a replica, which
    /// receives writes late or never.
    pub(crate) async fn ask_primary<T: FromRedisValue>(
        &self,
        cmd: Cmd,
        request_time: RequestTime,
    ) -> Result<T, StepError> {
        let mut question = Pipeline::with_capacity(2);
        question.cmd("ROLE").add_command(cmd);
        let [role, answer] = self.answers(&question, request_time).await?;
        if !is_primary(&role) {
            // The other connections lead to the same server.
            self.give_up_all();
            return Err(StepError::WrongServer(PortError::unavailable("Redis is a replica")));
        }
        reply::read(answer)
    }

    /// Sends commands, and repeats them if the connection turns out to be closed: after a restart of the server every
    /// connection is.
    async fn answers<const N: usize>(
        &self,
        questions: &Pipeline,
        request_time: RequestTime,
    ) -> Result<[Value; N], StepError> {
        self.exchange(questions, request_time, reply::successes).await
    }

    /// Sends commands; each reply may be an error of the server.
    pub(crate) async fn replies<const N: usize>(
        &self,
        questions: &Pipeline,
        request_time: RequestTime,
    ) -> Result<[Value; N], StepError> {
        self.exchange(questions, request_time, Ok).await
    }

    async fn exchange<const N: usize>(
        &self,
        questions: &Pipeline,
        request_time: RequestTime,
        check: fn(Vec<Value>) -> Result<Vec<Value>, StepError>,
    ) -> Result<[Value; N], StepError> {
        let mut repeats = 0..LINKS;
        let answers = loop {
            let (link, until) = self.link(request_time).await?;
            let replies = link.send_all(questions, until).await.and_then(check);
            match self.watch(&link, replies) {
                Err(StepError::Unknown(_)) if self.clock().instant() < until && repeats.next().is_some() => {}
                replies => break replies?,
            }
        };
        reply::exactly(answers)
    }

    /// Reads the server's clock on every connection, and updates the difference by which deadlines are converted.
    pub(crate) async fn server_clock(&self, request_time: RequestTime) -> Result<Reading, StepError> {
        let mut repeats = 0..LINKS;
        let (link, until, reading) = loop {
            let (link, until) = self.link(request_time).await?;
            match self.read_clock(&link, until).await {
                Err(StepError::Unknown(_)) if self.clock().instant() < until && repeats.next().is_some() => {}
                reading => break (link, until, reading?),
            }
        };
        for other in self.inner.links.others(&link) {
            // A connection that does not answer is discarded; the next caller that needs it opens another one.
            drop(self.read_clock(&other, until).await);
        }
        Ok(reading)
    }

    /// Returns the time of a request, by the server's clock if ours is too far from it: whatever our clock shows, an access
    /// token must stay revoked until it expires.
    pub(crate) async fn on_server_clock(&self, request_time: RequestTime) -> Result<RequestTime, StepError> {
        let link = match self.inner.links.open() {
            Some(link) => link,
            None => self.link(request_time).await?.0,
        };
        let skew =
            link.server_time(self.clock().instant()).saturating_sub(to_unix_microseconds(self.clock().now()));
        if skew.saturating_abs() <= MAX_SKEW {
            return Ok(request_time);
        }
        let corrected = from_unix_microseconds(to_unix_microseconds(request_time.now()).saturating_add(skew));
        Ok(corrected.map_or(request_time, |now| request_time.with_now(now)))
    }

    pub(super) async fn read_clock(&self, link: &Arc<Link>, until: Instant) -> Result<Reading, StepError> {
        self.watch(link, link.read_clock(self.clock(), until).await)
    }
}

/// Returns whether the reply to `ROLE` is that of a primary.
pub(crate) fn is_primary(role: &Value) -> bool {
    matches!(role, Value::Array(parts) if parts.first() == Some(&Value::BulkString(b"master".to_vec())))
}
