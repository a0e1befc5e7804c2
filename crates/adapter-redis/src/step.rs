//! Calls of scripts.

use redis::{Cmd, ToRedisArgs};

use crate::scripts::Script;

/// A call of a script, without the deadline: this depends on the connection that it is sent over.
#[derive(Clone)]
pub(crate) struct Step(Cmd);

impl Step {
    /// Begins a call with its keys.
    pub(crate) fn new(script: &Script, keys: &[&str]) -> Self {
        let mut cmd = redis::cmd("EVALSHA");
        cmd.arg(&script.hash).arg(keys.len()).arg(keys);
        Self(cmd)
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.0.arg(argument);
        self
    }

    /// Completes the call with its deadline by the clock of the server.
    pub(crate) fn until(&self, deadline: i64) -> Cmd {
        let mut cmd = self.0.clone();
        cmd.arg(deadline);
        cmd
    }
}
