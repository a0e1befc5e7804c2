//! The outcome of what was sent, for reports.

use std::slice;

use auth_domain::ports::PortErrorKind;
use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind, Value};

use crate::error::{StoreError, StoreResult};

/// What was received for commands.
pub(super) trait Replies {
    /// The reply to each command.
    fn all(&self) -> &[Value];
}

impl Replies for Value {
    fn all(&self) -> &[Value] {
        slice::from_ref(self)
    }
}

impl Replies for Vec<Value> {
    fn all(&self) -> &[Value] {
        self
    }
}

/// Returns the outcome: the first error of the server, if there is one. NOSCRIPT is not an error: the script is loaded and called
/// again.
pub(super) fn outcome<T: Replies>(result: &StoreResult<T>) -> Result<(), PortErrorKind> {
    let replies = result.as_ref().map_err(StoreError::kind)?.all();
    let error = replies.iter().find_map(|reply| match reply {
        Value::ServerError(error) => Some(error),
        _ => None,
    });
    error.map_or(Ok(()), of_server)
}

fn of_server(error: &ServerError) -> Result<(), PortErrorKind> {
    let error = RedisError::from(error.clone());
    if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) {
        return Ok(());
    }
    Err(StoreError::from_answer(error).kind())
}
