//! Checks whether access tokens are revoked: those of concurrent callers in one batch.

use std::time::Instant;

use auth_batching::{BatchError, Batcher};
use auth_domain::model::TokenId;
use auth_domain::observation::Operation;
use auth_domain::ports::PortError;

use crate::connection::Connections;
use crate::error::{StoreError, StoreResult, unexpected_reply};
use crate::keys;

/// The largest batch. Redis looks up its keys in one go, for less than a millisecond.
const MAX_BATCH: usize = 512;

/// The checks over one set of connections; cheap to clone.
#[derive(Clone)]
pub(crate) struct RevocationChecks {
    batcher: Batcher<TokenId, bool, CheckError>,
    connections: Connections,
}

/// The error of a batch.
#[derive(Clone)]
enum CheckError {
    /// No connection was open. The callers open one, and share the attempt.
    NotOpen,
    Failed(PortError),
}

impl RevocationChecks {
    pub(crate) fn new(connections: &Connections) -> Self {
        let connections = connections.clone();
        let (runtime, of_batches) =
            (connections.runtime(), connections.without_connecting().during(Operation::Contains));
        let batcher = Batcher::gathering(MAX_BATCH, move |tokens, until| {
            let connections = of_batches.clone();
            connections.round_trips().batch(Operation::Contains, tokens.len());
            async move { Ok(check(&connections, &tokens, until).await?) }
        });
        let batcher = batcher.on(runtime);
        Self { batcher, connections }
    }

    /// Returns whether a token is revoked.
    ///
    /// # Errors
    /// [`PortError`] if a primary does not answer before the deadline.
    pub(crate) async fn is_revoked(&self, id: TokenId, deadline: Instant) -> Result<bool, PortError> {
        self.connections.ensure_open(deadline).await?;
        let answer = match self.batcher.ask(id, deadline).await {
            // The connection was closed, or the runtime of the batch has ended.
            Err(BatchError::Failed(CheckError::NotOpen) | BatchError::Lost) => {
                self.connections.ensure_open(deadline).await?;
                self.batcher.ask(id, deadline).await
            }
            answer => answer,
        };
        answer.map_err(|error| match error {
            BatchError::Failed(CheckError::Failed(error)) => error,
            BatchError::Failed(CheckError::NotOpen) => StoreError::NotOpen.into(),
            BatchError::TimedOut => PortError::unavailable("Redis did not answer in time"),
            BatchError::Mismatched { .. } => unexpected_reply("not one for each token"),
            BatchError::Lost => PortError::unavailable("the batch of a check ended without a result"),
        })
    }
}

impl From<StoreError> for CheckError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NotOpen) { Self::NotOpen } else { Self::Failed(error.into()) }
    }
}

/// Checks tokens. `EXISTS` counts a key of any type: an entry revokes its token, whatever another program wrote under its name.
///
/// The first question is how many of the tokens are revoked, because usually none is.
async fn check(connections: &Connections, tokens: &[TokenId], deadline: Instant) -> StoreResult<Vec<bool>> {
    let keys: Vec<_> = tokens.iter().map(|id| keys::revoked(*id)).collect();
    let mut exists = redis::cmd("EXISTS");
    exists.arg(&keys);
    let revoked: usize = connections.query_primary(exists, deadline).await?;
    match revoked {
        0 => Ok(vec![false; tokens.len()]),
        all if all == tokens.len() => Ok(vec![true; tokens.len()]),
        _ => {
            let each = keys.iter().map(|key| {
                let mut exists = redis::cmd("EXISTS");
                exists.arg(key);
                exists
            });
            connections.query_all_primary(each, deadline).await
        }
    }
}
