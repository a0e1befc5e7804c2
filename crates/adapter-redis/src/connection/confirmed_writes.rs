//! Writes that replicas confirm: a group has those of concurrent callers, and one `WAIT`.

use std::sync::Arc;
use std::time::Duration;

use auth_batching::{BatchError, Batcher};
use auth_domain::ports::{Clock, PortError};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, Value};
use tokio::runtime::Handle;

use super::timeouts::{COMMAND_TIMEOUT, before};
use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::replies::{read, success};

/// The largest group.
const MAX_GROUP: usize = 256;
/// How long replicas may take to confirm a group. Less than the timeout of a command, so that the connection stays in use.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_millis(300);
/// The lifetime of the key of the small write, in milliseconds.
const MARKER_TTL: u32 = 1_000;

/// A write, which must be safe to repeat.
pub(crate) struct Write {
    pub(crate) command: Cmd,
    /// Whether its node imports the slot, and executes a command on it only after `ASKING`.
    pub(crate) asks: bool,
    /// A key of the same slot, for the small write of the group.
    pub(crate) marker: String,
}

/// The writes over one connection. Nothing else must be sent over it while a group is on its way.
#[derive(Clone)]
pub(super) struct ConfirmedWrites {
    batcher: Batcher<Write, StoreResult<Value>, StoreError>,
}

impl ConfirmedWrites {
    /// # Parameters
    /// - `replicas`: how many must confirm a write.
    /// - `runtime`: where groups run; `None` stands for that of the caller.
    pub(super) fn new(
        multiplexed: &MultiplexedConnection,
        clock: &Arc<dyn Clock>,
        replicas: u32,
        runtime: Option<Handle>,
    ) -> Self {
        let (multiplexed, clock) = (multiplexed.clone(), Arc::clone(clock));
        let batcher = Batcher::new(MAX_GROUP, move |writes: Vec<Write>, _| {
            let (multiplexed, clock) = (multiplexed.clone(), Arc::clone(&clock));
            async move {
                let until = clock.instant() + COMMAND_TIMEOUT;
                before(until, send(multiplexed, writes, replicas)).await
            }
        });
        Self { batcher: batcher.on(runtime) }
    }

    /// Sends a write with the next group. Its reply may be an error of the server.
    pub(super) async fn send(&self, write: Write, clock: &dyn Clock) -> StoreResult<Value> {
        // At most one group is ahead.
        let until = clock.instant() + 2 * COMMAND_TIMEOUT;
        match self.batcher.ask(write, until).await {
            Ok(reply) => reply,
            Err(BatchError::Failed(error)) => Err(error),
            Err(BatchError::TimedOut) => Err(StoreError::timeout()),
            Err(BatchError::Mismatched { .. }) => {
                Err(StoreError::Unanswered(unexpected_reply("not one for each write")))
            }
            Err(BatchError::Lost) => Err(StoreError::Unanswered(PortError::unavailable(
                "the group of a write ended without a reply",
            ))),
        }
    }
}

/// Sends a group. The small write after the others is on this connection in each case, so that `WAIT` covers all of them and
/// what was written before.
async fn send(
    mut multiplexed: MultiplexedConnection,
    writes: Vec<Write>,
    replicas: u32,
) -> StoreResult<Vec<StoreResult<Value>>> {
    let Some(last) = writes.last() else { return Ok(Vec::new()) };
    let mut small = redis::cmd("SET");
    small.arg(&last.marker).arg(1).arg("PX").arg(MARKER_TTL);
    let small = (small, last.asks);
    let mut pipeline = Pipeline::with_capacity(writes.len() + 2);
    // A reply of `ASKING` is none of a write.
    let mut is_of_write = Vec::with_capacity(writes.len() + 2);
    for (command, asks) in writes.into_iter().map(|write| (write.command, write.asks)).chain([small]) {
        if asks {
            pipeline.cmd("ASKING");
            is_of_write.push(false);
        }
        pipeline.add_command(command);
        is_of_write.push(true);
    }
    pipeline.cmd("WAIT").arg(replicas).arg(CONFIRMATION_TIMEOUT.as_millis());
    let replies = multiplexed.req_packed_commands(&pipeline, 0, pipeline.len()).await;
    let mut replies = replies.map_err(StoreError::from_answer)?;
    let wait = replies.pop();
    let replies = replies.into_iter().zip(is_of_write).filter(|(_, is_of_write)| *is_of_write);
    let mut replies: Vec<_> = replies.map(|(reply, _)| reply).collect();
    let confirmation = wait.zip(replies.pop());
    let confirmed = confirmation.map_or(Ok(false), |(wait, small)| is_confirmed(small, wait, replicas));
    Ok(replies.into_iter().map(|reply| answer(reply, confirmed.as_ref(), replicas)).collect())
}

/// Returns the answer to one write.
fn answer(reply: Value, confirmed: Result<&bool, &StoreError>, replicas: u32) -> StoreResult<Value> {
    match (&reply, confirmed) {
        // It changed nothing, and the caller has to read why.
        (Value::ServerError(_), _) | (_, Ok(true)) => Ok(reply),
        (_, Ok(false)) => Err(unconfirmed(replicas)),
        (_, Err(error)) => Err(error.clone()),
    }
}

fn is_confirmed(small: Value, wait: Value, replicas: u32) -> StoreResult<bool> {
    success(small).map_err(not_confirmed)?;
    let confirming: u32 = read(success(wait).map_err(not_confirmed)?)?;
    Ok(confirming >= replicas)
}

/// The group was executed, whatever Redis answers to the commands after it.
fn not_confirmed(error: StoreError) -> StoreError {
    StoreError::Unconfirmed(error.into())
}

fn unconfirmed(replicas: u32) -> StoreError {
    StoreError::Unconfirmed(PortError::unavailable(format!(
        "fewer than {replicas} replicas confirmed a write within {} ms (REDIS__WAIT_REPLICAS)",
        CONFIRMATION_TIMEOUT.as_millis()
    )))
}
