//! The one place that opens connections.

use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use deadpool_redis::{Pool, PoolConfig, Runtime, Timeouts};
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ProtocolVersion, RedisResult};
use tokio::time::timeout_at;

use crate::error::{StoreError, StoreResult, port_error};

/// How long opening a connection may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens connections to one server.
pub(crate) struct Connector {
    pool: Pool,
    /// Only RESP3 carries invalidations.
    resp3: Client,
}

impl Connector {
    pub(crate) fn new(address: ConnectionInfo, max_connections: usize) -> RedisResult<Self> {
        let settings = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let resp3 = Client::open(address.clone().set_redis_settings(settings))?;
        let manager = deadpool_redis::Manager::new_with_config(address, config())?;
        let timeout = Some(CONNECT_TIMEOUT);
        let timeouts = Timeouts { wait: timeout, create: timeout, recycle: timeout };
        let config = PoolConfig { max_size: max_connections, timeouts, ..PoolConfig::default() };
        let pool = Pool::builder(manager).config(config).runtime(Runtime::Tokio1).build();
        let pool = pool.map_err(|error| redis::RedisError::from(std::io::Error::other(error)))?;
        Ok(Self { pool, resp3 })
    }

    /// Opens a connection for commands. It never returns to the pool: a discarded connection must not be used again.
    pub(crate) async fn open(&self) -> StoreResult<MultiplexedConnection> {
        let connection = self.pool.get().await.map_err(StoreError::from_pool)?;
        Ok(deadpool_redis::Connection::take(connection))
    }

    /// Opens a connection for client tracking; `push` receives the push messages of Redis.
    pub(crate) async fn open_tracking(
        &self,
        push: impl AsyncPushSender,
        clock: &dyn Clock,
    ) -> StoreResult<MultiplexedConnection> {
        let config = config().set_push_sender(push);
        let opening = self.resp3.get_multiplexed_async_connection_with_config(&config);
        let until: Instant = clock.instant() + CONNECT_TIMEOUT;
        let opened = timeout_at(until.into(), opening).await.map_err(|_| StoreError::timeout())?;
        opened.map_err(|error| StoreError::NotExecuted(port_error(error)))
    }

    pub(crate) fn address(&self) -> &ConnectionAddr {
        self.resp3.get_connection_info().addr()
    }
}

/// Without a response timeout: every caller has a deadline of its own.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None)
}
