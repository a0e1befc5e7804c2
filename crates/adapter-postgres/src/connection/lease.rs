//! The connection of one call.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use auth_domain::ports::Clock;
use time::OffsetDateTime;

use super::open_connection::OpenConnection;
use super::pool::PooledConnection;
use super::shared::SharedConnections;
use crate::clock::server_time;
use crate::error::StoreError;

/// A connection that one call uses until its deadline: alone, or together with other calls.
pub(crate) struct Lease {
    connection: Leased,
    deadline: Instant,
    clock: Arc<dyn Clock>,
}

enum Leased {
    Pooled(Box<PooledConnection>),
    Shared { connection: Arc<OpenConnection>, owner: Arc<SharedConnections> },
}

impl Lease {
    pub(super) fn pooled(connection: PooledConnection, deadline: Instant, clock: Arc<dyn Clock>) -> Self {
        Self { connection: Leased::Pooled(Box::new(connection)), deadline, clock }
    }

    pub(super) fn shared(
        connection: Arc<OpenConnection>,
        owner: Arc<SharedConnections>,
        deadline: Instant,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { connection: Leased::Shared { connection, owner }, deadline, clock }
    }

    /// Runs statements until the deadline of the call.
    pub(crate) async fn run<T, E>(
        &self,
        statements: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        match &self.connection {
            Leased::Pooled(connection) => connection.run(self.deadline, statements).await,
            Leased::Shared { connection, owner } => owner.run(connection, self.deadline, statements).await,
        }
    }

    /// Returns the deadline of the call on the clock of the server.
    ///
    /// The transit time of the answer is not added, so the result is early rather than late.
    pub(crate) async fn server_deadline(&self) -> Result<OffsetDateTime, StoreError> {
        let now = server_time(self).await?;
        Ok(now + self.deadline.saturating_duration_since(self.clock.instant()))
    }
}

impl Deref for Lease {
    type Target = OpenConnection;

    fn deref(&self) -> &OpenConnection {
        match &self.connection {
            Leased::Pooled(connection) => connection,
            Leased::Shared { connection, .. } => connection,
        }
    }
}
