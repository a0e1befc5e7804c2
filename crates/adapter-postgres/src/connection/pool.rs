//! A pool of connections, each used by one call at a time.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use auth_domain::ports::Clock;
use diesel_async::pooled_connection::deadpool::{self, Object};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncPgConnection, TransactionManager};
use time::OffsetDateTime;

use super::connector::Connector;
use super::timeouts::{CONNECT, POOL_WAIT, bounded};
use crate::clock::server_time;
use crate::error::{ConfigError, StoreError};

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// Administrative calls and hash upgrades are rare; more than one, so that they do not wait for a long listing.
const CONNECTIONS: usize = 4;

pub(super) struct Pool {
    connections: deadpool::Pool<AsyncPgConnection>,
    clock: Arc<dyn Clock>,
}

/// A connection that one call uses until its deadline.
///
/// If it is dropped during a statement, because the caller hung up or the deadline passed, or after a failed statement, the
/// pool discards it.
pub(crate) struct PooledConnection {
    connection: Object<AsyncPgConnection>,
    deadline: Instant,
    clock: Arc<dyn Clock>,
    is_unusable: AtomicBool,
}

impl Pool {
    pub(super) fn new(connector: Arc<Connector>, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let mut config = ManagerConfig::default();
        // The other methods send a statement for each call; a closed connection is recognised without one.
        config.recycling_method = RecyclingMethod::Fast;
        let connect_clock = Arc::clone(&clock);
        config.custom_setup = Box::new(move |_| {
            let (connector, deadline) = (Arc::clone(&connector), connect_clock.instant() + CONNECT);
            Box::pin(async move { Ok(connector.exclusive(deadline).await?) })
        });
        // The manager needs no URL, because the connector has it.
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool = deadpool::Pool::builder(manager).max_size(CONNECTIONS).build();
        let connections = pool.map_err(|error| ConfigError::Rejected(error.to_string()))?;
        Ok(Self { connections, clock })
    }

    /// Waits for a free connection.
    pub(super) async fn get(&self, deadline: Instant) -> Result<PooledConnection, StoreError> {
        let wait_until = deadline.min(self.clock.instant() + POOL_WAIT);
        let connection = bounded(wait_until, self.connections.get()).await?;
        let (clock, is_unusable) = (Arc::clone(&self.clock), AtomicBool::new(false));
        Ok(PooledConnection { connection, deadline, clock, is_unusable })
    }
}

impl PooledConnection {
    /// Runs a statement until the deadline of the call.
    pub(crate) async fn run<T, E>(
        &self,
        statement: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        self.is_unusable.store(true, Ordering::Relaxed);
        let outcome = bounded(self.deadline, statement).await;
        self.is_unusable.store(outcome.is_err(), Ordering::Relaxed);
        outcome
    }

    /// Returns the deadline of the call on the clock of the server.
    ///
    /// The transit time of the answer is not added, so the result is early rather than late.
    pub(crate) async fn server_deadline(&self) -> Result<OffsetDateTime, StoreError> {
        let now = server_time(self).await?;
        Ok(now + self.deadline.saturating_duration_since(self.clock.instant()))
    }
}

impl Deref for PooledConnection {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if *self.is_unusable.get_mut() {
            // The pool discards a connection with a broken transaction.
            Transactions::transaction_manager_status_mut(&mut *self.connection).set_in_error();
        }
    }
}
