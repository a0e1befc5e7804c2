//! The connections of one database. No other module connects.

mod connector;
mod pool;
mod pool_error;
mod shared;
mod timeouts;
mod tls;

use std::sync::Arc;
use std::time::Instant;

use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use diesel_async::AsyncPgConnection;

use crate::config::{PostgresConfig, Transport};
use crate::error::{ConfigError, StoreError};
use connector::Connector;
pub(crate) use connector::SharedConnection;
use pool::Pool;
pub(crate) use pool::PooledConnection;
pub(crate) use shared::SharedConnections;
pub(crate) use timeouts::bounded;
use timeouts::{CONNECT, call_deadline};

/// Two shared connections for lookups, a pool for everything else, and single connections for long statements.
pub(crate) struct Connections {
    connector: Arc<Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shared: SharedConnections,
    pool: Pool,
}

impl Connections {
    pub(crate) fn new(config: &PostgresConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let connector = Arc::new(Connector::new(config)?);
        let shared = SharedConnections::new(Arc::clone(&connector), Arc::clone(&clock));
        let pool = Pool::new(Arc::clone(&connector), Arc::clone(&clock))?;
        Ok(Self { connector, clock, shared, pool })
    }

    /// Returns the deadline of a call that begins now.
    pub(crate) fn call_deadline(&self, request_time: RequestTime) -> Result<Instant, StoreError> {
        call_deadline(&*self.clock, request_time)
    }

    /// Returns a connection of the pool for a call that begins now.
    pub(crate) async fn pooled(&self, request_time: RequestTime) -> Result<PooledConnection, StoreError> {
        self.pool.get(self.call_deadline(request_time)?).await
    }

    /// Makes a connection for migrations, which close it by dropping its socket task.
    pub(crate) async fn for_migrations(
        &self,
        request_time: RequestTime,
    ) -> Result<SharedConnection, StoreError> {
        self.connector.shared(self.connect_deadline(request_time)?).await
    }

    /// Makes a connection outside the pool, for one long statement.
    pub(crate) async fn exclusive(&self, request_time: RequestTime) -> Result<AsyncPgConnection, StoreError> {
        self.connector.exclusive(self.connect_deadline(request_time)?).await
    }

    pub(crate) fn transport(&self) -> Transport {
        self.connector.transport
    }

    fn connect_deadline(&self, request_time: RequestTime) -> Result<Instant, StoreError> {
        self.call_deadline(request_time)?;
        Ok(request_time.deadline().min(self.clock.instant() + CONNECT))
    }
}
