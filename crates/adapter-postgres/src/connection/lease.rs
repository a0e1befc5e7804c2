//! The connection of one call.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use auth_domain::observation::{Operation, RoundTrips};
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
    call: Call,
}

/// The deadline of a call, and where its statements are reported.
pub(super) struct Call {
    pub(super) deadline: Instant,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) round_trips: RoundTrips,
}

enum Leased {
    Pooled(Box<PooledConnection>),
    Shared { connection: Arc<OpenConnection>, owner: Arc<SharedConnections> },
}

impl Lease {
    pub(super) fn pooled(connection: PooledConnection, call: Call) -> Self {
        Self { connection: Leased::Pooled(Box::new(connection)), call }
    }

    pub(super) fn shared(connection: Arc<OpenConnection>, owner: Arc<SharedConnections>, call: Call) -> Self {
        Self { connection: Leased::Shared { connection, owner }, call }
    }

    /// Runs statements until the deadline of the call, and reports them.
    pub(crate) async fn run<T, E>(
        &self,
        operation: Operation,
        statements: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        let Call { deadline, clock, round_trips } = &self.call;
        let outcome = async {
            match &self.connection {
                Leased::Pooled(connection) => connection.run(*deadline, statements).await,
                Leased::Shared { connection, owner } => owner.run(connection, *deadline, statements).await,
            }
        };
        round_trips.time(operation, &**clock, StoreError::kind, outcome).await
    }

    /// Returns the deadline of the call on the clock of the server.
    ///
    /// The transit time of the answer is not added, so the result is early rather than late.
    pub(crate) async fn server_deadline(&self) -> Result<OffsetDateTime, StoreError> {
        let now = server_time(self).await?;
        Ok(now + self.call.deadline.saturating_duration_since(self.call.clock.instant()))
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
