//! The connections that are used by one call at a time.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use auth_domain::ports::Clock;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncPgConnection, TransactionManager};
use time::OffsetDateTime;

use crate::config::ConfigError;
use crate::connector::Connector;
use crate::error::StoreError;
use crate::limits::{CONNECT, POOL_WAIT, bounded};
use crate::server_clock::now;

type Transactions = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// Administration and upgraded hashes are rare, and nobody should wait for a long listing.
const CONNECTIONS: usize = 4;

/// Lends connections, each to one call.
pub(crate) struct Connections {
    pool: Pool<AsyncPgConnection>,
    clock: Arc<dyn Clock>,
}

/// A connection that is lent to one call, with the end of that call.
///
/// Dropped while a statement is under way, because its caller gave up or hung up, or after one that failed,
/// it is not lent again.
pub(crate) struct Lease {
    connection: Object<AsyncPgConnection>,
    until: Instant,
    clock: Arc<dyn Clock>,
    is_spent: AtomicBool,
}

impl Connections {
    pub(crate) fn new(connector: Arc<Connector>, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let mut config = ManagerConfig::default();
        // The others ask the server each time; a connection that is closed is recognised without.
        config.recycling_method = RecyclingMethod::Fast;
        let timer = Arc::clone(&clock);
        config.custom_setup = Box::new(move |_| {
            let (connector, until) = (Arc::clone(&connector), timer.instant() + CONNECT);
            Box::pin(async move { Ok(connector.exclusive(until).await?) })
        });
        // The address stays with the connector.
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build();
        let pool = pool.map_err(|error| ConfigError::Unusable(error.to_string()))?;
        Ok(Self { pool, clock })
    }

    pub(crate) async fn lease(&self, until: Instant) -> Result<Lease, StoreError> {
        let wait = until.min(self.clock.instant() + POOL_WAIT);
        let connection = bounded(wait, self.pool.get()).await?;
        let (clock, is_spent) = (Arc::clone(&self.clock), AtomicBool::new(false));
        Ok(Lease { connection, until, clock, is_spent })
    }
}

impl Lease {
    /// Runs a step, and gives up when the call has to end.
    pub(crate) async fn run<T, E>(&self, step: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        self.is_spent.store(true, Ordering::Relaxed);
        let outcome = bounded(self.until, step).await;
        self.is_spent.store(outcome.is_err(), Ordering::Relaxed);
        outcome
    }

    /// Returns the end of this call by the server's clock, rather too early than too late.
    ///
    /// A write carries it: one that sat in the socket of a frozen server, or waited for a lock, until its
    /// caller was told "unavailable" must change nothing.
    pub(crate) async fn deadline(&self) -> Result<OffsetDateTime, StoreError> {
        let now = now(self).await?;
        Ok(now + self.until.saturating_duration_since(self.clock.instant()))
    }
}

impl Deref for Lease {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if *self.is_spent.get_mut() {
            // The pool discards what is marked so.
            Transactions::transaction_manager_status_mut(&mut *self.connection).set_in_error();
        }
    }
}
