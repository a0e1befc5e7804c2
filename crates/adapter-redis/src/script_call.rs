//! Calls of Lua scripts.

use std::time::{Duration, Instant};

use auth_domain::model::{RequestTime, to_unix_microseconds};
use auth_domain::observation::Operation;
use auth_domain::ports::PortError;
use redis::{Cmd, ErrorKind, ServerErrorKind, ToRedisArgs, Value};

use crate::clock::{MAX_SKEW, skew_text};
use crate::connection::Connection;
use crate::connections::{Connections, Route};
use crate::error::{StoreError, StoreResult};
use crate::packed::Packed;
use crate::script_reply::ScriptReply;
use crate::scripts::Script;
use crate::topology::Destination;

/// How often a call is sent at most. A repeat is necessary if the server had lost the scripts, its clock was adjusted, or it
/// is no primary any more.
const MAX_ATTEMPTS: usize = 3;
/// The pause before a call without an answer is repeated.
const REPEAT_PAUSE: Duration = Duration::from_millis(25);

/// One script with its keys and arguments. The deadline is added when it is sent, because it is on the server clock of
/// the connection.
pub(crate) struct ScriptCall {
    operation: Operation,
    command: Cmd,
    compares_clocks: bool,
    /// A key that decides where a call without keys goes.
    place: Option<String>,
    /// Whether the first call is a repeat as well.
    is_repeat: bool,
}

impl ScriptCall {
    /// The script does nothing if our clock is too far from the server clock.
    pub(crate) fn new(script: &Script, keys: &[&str]) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&script.hash).arg(keys.len()).arg(keys);
        Self { operation: script.operation, command, compares_clocks: true, place: None, is_repeat: false }
    }

    /// Runs the script whatever our clock shows. It must store no time of ours, or only a time that
    /// [`on_server_clock`](crate::RedisStore::on_server_clock) has corrected.
    pub(crate) fn at_any_clock(self) -> Self {
        Self { compares_clocks: false, ..self }
    }

    /// Sends the call to the server of a key that is not one of the call.
    pub(crate) fn where_key_is(self, key: &str) -> Self {
        Self { place: Some(key.to_owned()), ..self }
    }

    /// Marks the first call as a repeat, if it `is_repeat`. The script knows of each call whether it is one.
    pub(crate) fn repeating(self, is_repeat: bool) -> Self {
        Self { is_repeat, ..self }
    }

    pub(crate) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }

    /// Runs a script whose repeat changes nothing, and repeats it if its connection was closed. It takes effect before the
    /// deadline or never.
    pub(crate) async fn run(
        &self,
        connections: &Connections,
        request_time: RequestTime,
    ) -> StoreResult<ScriptReply> {
        let (mut repeats, mut is_repeat) = (0..connections.len(), false);
        loop {
            match self.run_as(is_repeat, connections, request_time).await {
                Err(StoreError::Closed(_)) if repeats.next().is_some() => is_repeat = true,
                // The first call may have been executed.
                Err(error) if is_repeat => return Err(error.of_unanswered_call()),
                reply => return reply,
            }
        }
    }

    async fn run_as(
        &self,
        is_repeat: bool,
        connections: &Connections,
        request_time: RequestTime,
    ) -> StoreResult<ScriptReply> {
        let (mut attempt, mut route) = (0, Route::default());
        while attempt < MAX_ATTEMPTS {
            let deadline = request_time.deadline();
            let (connection, until) = connections.acquire(self.destination(&route), deadline).await?;
            let now = to_unix_microseconds(connections.clock().now());
            let (asks, times) = (route.asks(), [until, deadline]);
            let command = self.command_for(&connection, [self.is_repeat || is_repeat, asks], until, now);
            let reply = connections.send_script(&connection, self.operation, command, asks, times).await;
            let value = match connections.discard_on_error(&connection, reply.map(Value::extract_error))? {
                Ok(value) => value,
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    let loaded = connection.load_scripts(connections.until(deadline)).await;
                    connections.discard_on_error(&connection, loaded).or_else(if_unanswered)?;
                    attempt += 1;
                    continue;
                }
                Err(error) if connections.follow(&mut route, &connection, &error, deadline).await? => {
                    continue;
                }
                Err(error) => {
                    match connections.discard_on_error(&connection, Err(StoreError::from_answer(error))) {
                        // It was not executed, and a new connection may lead to the new primary.
                        Err(StoreError::Replica(_)) if attempt == 0 => {
                            attempt += 1;
                            continue;
                        }
                        rejected => return rejected,
                    }
                }
            };
            let mut reply = ScriptReply::new(value)?;
            match reply.peek() {
                // The server clock is past the deadline, or it was adjusted.
                Some(b"late") => {
                    let sample = connection.sample_clock(connections.until(deadline)).await;
                    connections.discard_on_error(&connection, sample.map(drop)).or_else(if_unanswered)?;
                    attempt += 1;
                }
                Some(b"clocks_apart") => return Err(clocks_apart(&mut reply, now)),
                _ => return Ok(reply),
            }
        }
        Err(StoreError::deadline_passed())
    }

    fn destination<'a>(&'a self, route: &'a Route) -> Destination<'a> {
        match &self.place {
            Some(key) if !route.asks() => Destination::Key(key),
            _ => route.destination(&self.command),
        }
    }

    /// Runs a script whose repeat has the outcome of the first call, and repeats it while it has no answer, or while too few
    /// replicas have it. After the deadline the outcome is unknown.
    pub(crate) async fn run_until_answered(
        &self,
        connections: &Connections,
        request_time: RequestTime,
    ) -> StoreResult<ScriptReply> {
        let confirmed = connections.for_confirmed_writes();
        let connections = confirmed.as_ref().unwrap_or(connections);
        let clock = connections.clock();
        let mut is_unanswered = false;
        loop {
            let error = match self.run_as(is_unanswered, connections, request_time).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            is_unanswered |= error.is_unanswered();
            if !is_unanswered {
                return Err(error);
            }
            if clock.instant() >= request_time.deadline() {
                return Err(error.of_unanswered_call());
            }
            clock.sleep_until(request_time.deadline().min(clock.instant() + REPEAT_PAUSE)).await;
        }
    }

    /// Adds the last argument: the earliest and the latest server time that our clock agrees with, the deadline on the server
    /// clock of the connection, whether the call is a repeat, and whether it follows `ASKING`.
    fn command_for(&self, connection: &Connection, flags: [bool; 2], until: Instant, now: i64) -> Cmd {
        let [earliest, latest] = if self.compares_clocks {
            [now.saturating_sub(MAX_SKEW), now.saturating_add(MAX_SKEW)]
        } else {
            [0, i64::MAX]
        };
        let deadline = connection.server_time(until);
        let mut command = self.command.clone();
        command.arg(Packed::default().numbers([earliest, latest, deadline]).flags(flags));
        command
    }
}

/// Lets the call be sent on another connection if this one does not answer. It was not executed.
fn if_unanswered(error: StoreError) -> StoreResult<()> {
    if error.is_unanswered() { Ok(()) } else { Err(error.of_read()) }
}

fn clocks_apart(reply: &mut ScriptReply, now: i64) -> StoreError {
    let skew = reply.text().and_then(|_| reply.number()).map(|server_time| server_time.saturating_sub(now));
    StoreError::NotExecuted(skew.map_or_else(|error| error, |skew| PortError::unavailable(skew_text(skew))))
}
