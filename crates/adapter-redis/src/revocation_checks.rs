//! Checks whether access tokens are revoked: those of concurrent callers in one batch.

mod command;
mod on_nodes;
mod outcome;

use std::time::Instant;

use auth_batching::{BatchError, Batcher};
use auth_domain::model::TokenId;
use auth_domain::observation::Operation;
use auth_domain::ports::PortError;

use self::command::exists;
use self::on_nodes::check_on_nodes;
use self::outcome::{Checked, NoCheck};
use crate::connections::Connections;
use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::keys;
use crate::replies::exactly;
use crate::topology::Destination;

/// The largest batch. Redis looks up its keys in one go, for less than a millisecond.
const MAX_BATCH: usize = 512;

/// The checks over one set of connections; cheap to clone.
#[derive(Clone)]
pub(crate) struct RevocationChecks {
    batcher: Batcher<TokenId, Checked, NoCheck>,
    connections: Connections,
}

impl RevocationChecks {
    pub(crate) fn new(connections: &Connections) -> Self {
        let connections = connections.clone();
        let (runtime, of_batches) =
            (connections.runtime(), connections.without_connecting().during(Operation::Contains));
        let batcher = Batcher::gathering(MAX_BATCH, move |tokens, until| {
            let connections = of_batches.clone();
            connections.round_trips().batch(Operation::Contains, tokens.len());
            async move {
                if connections.topology.is_cluster() {
                    return Ok(check_on_nodes(&connections, &tokens, until).await);
                }
                Ok(check(&connections, &tokens, until).await?.into_iter().map(Ok).collect())
            }
        });
        let batcher = batcher.on(runtime);
        Self { batcher, connections }
    }

    /// Returns whether a token is revoked.
    ///
    /// # Errors
    /// [`PortError`] if a primary does not answer before the deadline.
    pub(crate) async fn is_revoked(&self, id: TokenId, deadline: Instant) -> Result<bool, PortError> {
        self.ensure_open(id, deadline).await?;
        let answer = match self.ask(id, deadline).await {
            // The connection was closed, or the runtime of the batch has ended.
            Err(BatchError::Failed(NoCheck::NotOpen) | BatchError::Lost) => {
                self.ensure_open(id, deadline).await?;
                self.ask(id, deadline).await
            }
            answer => answer,
        };
        if let Err(BatchError::Failed(NoCheck::Redirected)) = answer {
            let connections = self.connections.during(Operation::Contains);
            let revoked: u8 = connections.query_primary(exists(keys::revoked(id)), deadline).await?;
            return Ok(revoked == 1);
        }
        answer.map_err(|error| match error {
            BatchError::Failed(NoCheck::Failed(error)) => error,
            BatchError::Failed(NoCheck::NotOpen | NoCheck::Redirected) => StoreError::NotOpen.into(),
            BatchError::TimedOut => PortError::unavailable("Redis did not answer in time"),
            BatchError::Mismatched { .. } => unexpected_reply("not one for each token"),
            BatchError::Lost => PortError::unavailable("the batch of a check ended without a result"),
        })
    }

    /// Opens a connection to the primary of the denylist entry if none is open.
    async fn ensure_open(&self, id: TokenId, deadline: Instant) -> StoreResult<()> {
        let key = self.connections.topology.is_cluster().then(|| keys::revoked(id));
        let primary = key.as_deref().map_or(Destination::Any, Destination::Key);
        self.connections.ensure_open(primary, deadline).await
    }

    async fn ask(&self, id: TokenId, deadline: Instant) -> Result<bool, BatchError<NoCheck>> {
        self.batcher.ask(id, deadline).await?.map_err(BatchError::Failed)
    }
}

/// Checks tokens. The first question is how many of the tokens are revoked, because usually none is.
async fn check(connections: &Connections, tokens: &[TokenId], deadline: Instant) -> StoreResult<Vec<bool>> {
    let keys: Vec<_> = tokens.iter().map(|id| keys::revoked(*id)).collect();
    let revoked = connections.query_all_primary([exists(&keys)], Destination::Any, deadline).await?;
    match exactly(revoked)? {
        [0] => Ok(vec![false; tokens.len()]),
        [all] if all == tokens.len() => Ok(vec![true; tokens.len()]),
        _ => connections.query_all_primary(keys.iter().map(exists), Destination::Any, deadline).await,
    }
}
