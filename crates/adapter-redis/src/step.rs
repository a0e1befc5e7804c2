//! Calls of scripts.

use redis::{Cmd, ToRedisArgs};

use crate::scripts::Script;
use crate::server_clock::MAX_SKEW;

/// A call of a script, without the deadline: this depends on the connection that it is sent over.
#[derive(Clone)]
pub(crate) struct Step {
    call: Cmd,
    compares_clocks: bool,
}

impl Step {
    /// Begins a call with its keys. The script rejects it if our clock is too far from the server's.
    pub(crate) fn new(script: &Script, keys: &[&str]) -> Self {
        let mut call = redis::cmd("EVALSHA");
        call.arg(&script.hash).arg(keys.len()).arg(keys);
        Self { call, compares_clocks: true }
    }

    /// Lets the script run whatever our clock shows. Either it stores no time of ours, or the caller has
    /// [corrected](crate::store::RedisStore::on_server_clock) the time of the request.
    pub(crate) fn at_any_clock(self) -> Self {
        Self { compares_clocks: false, ..self }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.call.arg(argument);
        self
    }

    /// Completes the call with the time of our clock and with its deadline by the server's clock, both in microseconds.
    pub(crate) fn until(&self, deadline: i64, now: i64) -> Cmd {
        let mut call = self.call.clone();
        if self.compares_clocks {
            call.arg(now.saturating_sub(MAX_SKEW)).arg(now.saturating_add(MAX_SKEW));
        } else {
            call.arg("").arg("");
        }
        call.arg(deadline);
        call
    }
}
