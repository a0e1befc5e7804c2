//! Writes that replicas confirm: a group has those of concurrent callers, and one `WAIT`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_batching::{BatchError, Batcher};
use auth_domain::ports::{Clock, PortError};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, Pipeline, Value};
use tokio::runtime::Handle;

use super::timeouts::{COMMAND_TIMEOUT, before};
use super::written::{Confirmation, Written, confirmation};
use crate::error::{StoreError, StoreResult, unexpected_reply};

/// The largest group.
const MAX_GROUP: usize = 256;
/// How long replicas may take to confirm a group. Less than the timeout of a command, so that the connection stays in use.
const CONFIRMATION_TIMEOUT: Duration = Duration::from_millis(300);
/// The lifetime of the key of the small write, in milliseconds.
const MARKER_TTL: u32 = 1_000;

/// A write, which must be safe to repeat.
pub(crate) struct Write {
    /// `None`: what was written before is to be confirmed.
    pub(crate) command: Option<Cmd>,
    /// Whether the node imports the slot of the command, and executes it only after `ASKING`.
    pub(crate) asks: bool,
    /// A key that the node has, for the small write of the group.
    pub(crate) marker: String,
}

/// The writes over one connection. Nothing else must be sent over it while a group is on its way.
#[derive(Clone)]
pub(super) struct ConfirmedWrites {
    batcher: Batcher<Write, Written, StoreError>,
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

    /// Sends a write with the next group.
    ///
    /// # Parameters
    /// - `late`: the error if there is no answer before the deadline.
    pub(super) async fn send(
        &self,
        write: Write,
        clock: &dyn Clock,
        deadline: Instant,
        late: StoreError,
    ) -> StoreResult<Written> {
        // A caller waits for at most one earlier group.
        let until = deadline.min(clock.instant() + 2 * COMMAND_TIMEOUT);
        self.batcher.ask(write, until).await.map_err(|error| match error {
            BatchError::Failed(error) => error,
            BatchError::TimedOut => late,
            BatchError::Mismatched { .. } => {
                StoreError::Unanswered(unexpected_reply("not one for each write"))
            }
            BatchError::Lost => {
                StoreError::Unanswered(PortError::unavailable("the group of a write ended without a reply"))
            }
        })
    }
}

/// Sends a group. The small write always uses this connection, so that `WAIT` covers the others and what was written before.
/// Replication has one order for all slots.
async fn send(
    mut multiplexed: MultiplexedConnection,
    writes: Vec<Write>,
    replicas: u32,
) -> StoreResult<Vec<Written>> {
    let mut pipeline = Pipeline::with_capacity(writes.len() + 2);
    let marker = writes.last().map(|write| write.marker.clone()).unwrap_or_default();
    // For each write whether it has a reply, after how many that are of no write.
    let mut replies_of = Vec::with_capacity(writes.len());
    for Write { command, asks, .. } in writes {
        replies_of.push((command.is_some(), usize::from(asks)));
        if asks {
            pipeline.cmd("ASKING");
        }
        if let Some(command) = command {
            pipeline.add_command(command);
        }
    }
    pipeline.cmd("SET").arg(marker).arg(1).arg("PX").arg(MARKER_TTL);
    pipeline.cmd("WAIT").arg(replicas).arg(CONFIRMATION_TIMEOUT.as_millis());
    let replies = multiplexed.req_packed_commands(&pipeline, 0, pipeline.len()).await;
    let mut replies = replies.map_err(StoreError::from_answer)?;
    let (wait, small) = (replies.pop(), replies.pop());
    let confirmation =
        small.zip(wait).map_or(Confirmation::TooFew, |(small, wait)| confirmation(small, wait, replicas));
    let mut replies = replies.into_iter();
    let written = replies_of.into_iter().map(|(has_reply, skipped)| {
        let reply = if has_reply { replies.nth(skipped) } else { Some(Value::Okay) };
        reply.map(|reply| Written { reply, confirmation: confirmation.clone() })
    });
    // Too few replies are noticed by the batch.
    Ok(written.map_while(|written| written).collect())
}

/// Returns the error of a write that too few replicas have.
pub(super) fn unconfirmed(replicas: u32) -> StoreError {
    StoreError::Unconfirmed(PortError::unavailable(format!(
        "fewer than {replicas} replicas confirmed a write within {} ms (REDIS__WAIT_REPLICAS)",
        CONFIRMATION_TIMEOUT.as_millis()
    )))
}
