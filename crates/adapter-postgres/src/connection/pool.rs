//! A pool of connections, each used by one call at a time.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use auth_domain::ports::Clock;
use diesel_async::pooled_connection::deadpool::{self, Object};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use super::open_connection::OpenConnection;
use super::reloadable_connector::ReloadableConnector;
use super::runtime::Runtime;
use super::server_limit::ServerLimit;
use super::timeouts::{CONNECT, POOL_WAIT, bounded};
use crate::error::{ConfigError, StoreError};

pub(super) struct Pool {
    connections: deadpool::Pool<OpenConnection>,
    clock: Arc<dyn Clock>,
    /// One for each connection that there may be, so that the pool itself never makes a caller wait.
    permits: Arc<Semaphore>,
    size: usize,
    /// The permits that are taken away while the server accepts no more connections.
    withheld: AtomicUsize,
    limit: Arc<ServerLimit>,
}

/// A connection that one call uses alone.
///
/// If it is dropped during a statement, because the caller hung up or the deadline passed, or after a failed statement, the
/// pool discards it.
pub(crate) struct PooledConnection {
    connection: Object<OpenConnection>,
    /// Given back after the connection.
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    /// Prepares a pool whose connections are opened on `runtime`, also for callers on other ones.
    pub(super) fn new(
        size: usize,
        runtime: Runtime,
        connector: Arc<ReloadableConnector>,
        limit: Arc<ServerLimit>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let mut config = ManagerConfig::default();
        // The other methods send a statement for each call; a closed connection is recognised without one.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = {
            let (limit, clock) = (Arc::clone(&limit), Arc::clone(&clock));
            Box::new(move |_| {
                let (connector, deadline) = (Arc::clone(&connector), clock.instant() + CONNECT);
                let (runtime, limit) = (runtime.clone(), Arc::clone(&limit));
                Box::pin(async move {
                    let opening = Box::pin(async move { connector.connect(deadline).await });
                    Ok(limit.open(runtime.open(opening)).await?)
                })
            })
        };
        // The manager needs no URL, because the connector has it.
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool = deadpool::Pool::builder(manager).max_size(size).build();
        let connections = pool.map_err(|error| ConfigError::Rejected(error.to_string()))?;
        let (permits, withheld) = (Arc::new(Semaphore::new(size)), AtomicUsize::new(0));
        Ok(Self { connections, clock, permits, size, withheld, limit })
    }

    /// The largest number of connections.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Waits for a free connection. If the server accepts no more connections, it waits for one of those that there are.
    pub(super) async fn get(&self, deadline: Instant) -> Result<PooledConnection, StoreError> {
        let wait_until = deadline.min(self.clock.instant() + POOL_WAIT);
        loop {
            self.restore_permits();
            let permit = timeout_at(wait_until.into(), Arc::clone(&self.permits).acquire_owned()).await;
            let Ok(Ok(permit)) = permit else { return Err(StoreError::PoolExhausted) };
            match bounded(wait_until, self.connections.get()).await {
                Ok(connection) => return Ok(PooledConnection { connection, _permit: permit }),
                Err(StoreError::TooManyConnections) if self.withhold_permit() => permit.forget(),
                Err(error) => return Err(error),
            }
        }
    }

    /// Closes the idle connections that must not be used again.
    pub(super) fn close_unusable(&self) {
        let _ = self.connections.retain(|connection, _| connection.is_open());
    }

    /// Returns whether the caller must forget its permit and wait for another one. The last permit is never withheld: its
    /// holder has a connection, or there is none.
    fn withhold_permit(&self) -> bool {
        let most = self.size.saturating_sub(1);
        let one_more = |withheld| (withheld < most).then_some(withheld + 1);
        self.withheld.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    fn restore_permits(&self) {
        if self.withheld.load(Ordering::Relaxed) > 0 && !self.limit.is_reached() {
            self.permits.add_permits(self.withheld.swap(0, Ordering::Relaxed));
        }
    }
}

impl PooledConnection {
    /// Runs statements until the deadline of the call.
    pub(crate) async fn run<T, E>(
        &self,
        deadline: Instant,
        statements: impl Future<Output = Result<T, E>>,
    ) -> Result<T, StoreError>
    where
        StoreError: From<E>,
    {
        self.connection.set_unusable(true);
        let outcome = bounded(deadline, statements).await;
        self.connection.set_unusable(outcome.is_err());
        outcome
    }
}

impl Deref for PooledConnection {
    type Target = OpenConnection;

    fn deref(&self) -> &OpenConnection {
        &self.connection
    }
}
