//! The one place that opens connections.

use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use auth_store_connection::TlsSettings;
use deadpool_redis::{Pool, PoolConfig, Runtime, Timeouts};
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ProtocolVersion, RedisConnectionInfo,
    RedisResult,
};
use tokio::time::timeout_at;

use crate::error::{ConfigError, StoreError, StoreResult, port_error};
use crate::tls_connector::TlsConnector;

/// How long opening a connection may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens connections to one server.
pub(crate) struct Connector {
    address: ConnectionInfo,
    /// Only RESP3 carries invalidations.
    resp3: RedisConnectionInfo,
    opener: Opener,
}

enum Opener {
    Plain { pool: Pool, resp3: Client },
    Tls(TlsConnector),
}

impl Connector {
    pub(crate) fn new(
        address: ConnectionInfo,
        tls: Option<&TlsSettings>,
        max_connections: usize,
    ) -> Result<Self, ConfigError> {
        let resp3 = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let opener = match (tls, address.addr()) {
            (Some(tls), ConnectionAddr::TcpTls { host, port, .. }) => {
                Opener::Tls(TlsConnector::new(host, *port, tls)?)
            }
            _ => plain(&address, resp3.clone(), max_connections).map_err(ConfigError::Rejected)?,
        };
        Ok(Self { address, resp3, opener })
    }

    /// Opens a connection for commands. It never returns to the pool: a discarded connection must not be used again.
    pub(crate) async fn open(&self, clock: &dyn Clock) -> StoreResult<MultiplexedConnection> {
        match &self.opener {
            Opener::Plain { pool, .. } => {
                let connection = pool.get().await.map_err(StoreError::from_pool)?;
                Ok(deadpool_redis::Connection::take(connection))
            }
            Opener::Tls(tls) => {
                within_timeout(clock, tls.open(self.address.redis_settings(), config())).await
            }
        }
    }

    /// Opens a connection for client tracking; `push` receives the push messages of Redis.
    pub(crate) async fn open_tracking(
        &self,
        push: impl AsyncPushSender,
        clock: &dyn Clock,
    ) -> StoreResult<MultiplexedConnection> {
        let config = config().set_push_sender(push);
        match &self.opener {
            Opener::Plain { resp3, .. } => {
                within_timeout(clock, resp3.get_multiplexed_async_connection_with_config(&config)).await
            }
            Opener::Tls(tls) => within_timeout(clock, tls.open(&self.resp3, config)).await,
        }
    }

    pub(crate) fn address(&self) -> &ConnectionAddr {
        self.address.addr()
    }
}

fn plain(
    address: &ConnectionInfo,
    resp3: RedisConnectionInfo,
    max_connections: usize,
) -> RedisResult<Opener> {
    let resp3 = Client::open(address.clone().set_redis_settings(resp3))?;
    let manager = deadpool_redis::Manager::new_with_config(address.clone(), config())?;
    let timeout = Some(CONNECT_TIMEOUT);
    let timeouts = Timeouts { wait: timeout, create: timeout, recycle: timeout };
    let config = PoolConfig { max_size: max_connections, timeouts, ..PoolConfig::default() };
    let pool = Pool::builder(manager).config(config).runtime(Runtime::Tokio1).build();
    let pool = pool.map_err(|error| redis::RedisError::from(std::io::Error::other(error)))?;
    Ok(Opener::Plain { pool, resp3 })
}

async fn within_timeout(
    clock: &dyn Clock,
    opening: impl Future<Output = RedisResult<MultiplexedConnection>>,
) -> StoreResult<MultiplexedConnection> {
    let until: Instant = clock.instant() + CONNECT_TIMEOUT;
    let opened = timeout_at(until.into(), opening).await.map_err(|_| StoreError::timeout().of_read())?;
    opened.map_err(|error| StoreError::NotExecuted(port_error(error)))
}

/// Without a response timeout: every caller has a deadline of its own.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None)
}
