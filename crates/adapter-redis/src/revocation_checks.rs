//! Checks whether access tokens are revoked: those of concurrent callers in one batch.

use std::time::Instant;

use auth_batching::{BatchError, Batcher};
use auth_domain::model::TokenId;
use auth_domain::ports::PortError;

use crate::connection::Connections;
use crate::error::unexpected_reply;
use crate::keys;

/// The largest batch. Redis looks up its keys in one go, for less than a millisecond.
const MAX_BATCH: usize = 512;

/// The checks over one set of connections; cheap to clone.
#[derive(Clone)]
pub(crate) struct RevocationChecks {
    batcher: Batcher<TokenId, bool, PortError>,
    connections: Connections,
}

impl RevocationChecks {
    pub(crate) fn new(connections: &Connections) -> Self {
        let connections = connections.clone();
        let of_batches = connections.clone();
        let batcher = Batcher::new(MAX_BATCH, move |tokens, until| {
            let connections = of_batches.clone();
            async move { check(&connections, &tokens, until).await }
        });
        Self { batcher, connections }
    }

    /// Returns whether a token is revoked.
    ///
    /// # Errors
    /// [`PortError`] if a primary does not answer before the deadline.
    pub(crate) async fn is_revoked(&self, id: TokenId, deadline: Instant) -> Result<bool, PortError> {
        self.connections.ensure_open(deadline).await?;
        self.batcher.ask(id, deadline).await.map_err(|error| match error {
            BatchError::Failed(error) => error,
            BatchError::TimedOut => PortError::unavailable("Redis did not answer in time"),
            BatchError::Mismatched { .. } => unexpected_reply("not one for each token"),
            lost @ BatchError::Lost => PortError::unavailable(lost),
        })
    }
}

/// Checks tokens. `EXISTS` counts a key of any type: an entry revokes its token, whatever another program wrote under its name.
///
/// The first question is how many of the tokens are revoked, because usually none is.
async fn check(
    connections: &Connections,
    tokens: &[TokenId],
    deadline: Instant,
) -> Result<Vec<bool>, PortError> {
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
            Ok(connections.query_all_primary(each, deadline).await?)
        }
    }
}
