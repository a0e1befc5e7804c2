//! Lookups by id: those of concurrent callers in one statement.

use auth_batching::{BatchError, Batcher};
use auth_domain::model::{RequestTime, User, UserId};
use auth_domain::observation::Operation;
use auth_domain::ports::PortError;

use super::lookups::{Found, find_by_ids};
use crate::connection::Connections;
use crate::error::StoreError;

/// The largest batch: an answer of about 100 KiB.
const MAX_BATCH: usize = 512;

/// The lookups over one set of connections; cheap to clone.
#[derive(Clone)]
pub(super) struct UserLookups(Batcher<UserId, Found, PortError>);

impl UserLookups {
    pub(super) fn new(connections: &Connections) -> Self {
        let (runtime, connections) = (connections.runtime(), connections.clone());
        let batcher = Batcher::new(MAX_BATCH, move |ids, until| {
            let connections = connections.clone();
            connections.round_trips().batch(Operation::FindById, ids.len());
            async move { Ok(find_by_ids(&connections, &ids, until).await?) }
        });
        Self(batcher.on(runtime))
    }

    /// Finds a user. A row that cannot be read is an error of this call only.
    pub(super) async fn find(
        &self,
        id: UserId,
        connections: &Connections,
        request_time: RequestTime,
    ) -> Result<Option<User>, PortError> {
        let deadline = connections.call_deadline(request_time)?;
        connections.ensure_open(deadline).await?;
        let found = match self.0.ask(id, deadline).await {
            // The runtime of the batch has ended.
            Err(BatchError::Lost) => self.0.ask(id, deadline).await,
            found => found,
        };
        let row = found.map_err(|error| match error {
            BatchError::Failed(error) => error,
            BatchError::TimedOut => StoreError::TimedOut.into(),
            BatchError::Mismatched { .. } => PortError::corrupt("not one row for each id"),
            BatchError::Lost => PortError::unavailable("the batch of a lookup ended without a result"),
        })??;
        Ok(row.map(User::try_from).transpose().map_err(StoreError::from)?)
    }
}
