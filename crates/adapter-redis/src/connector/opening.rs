//! Opening one connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo,
    RedisResult,
};
use rustls::ClientConfig;
use tokio::time::timeout_at;

use crate::error::{StoreError, StoreResult, port_error};
use crate::tls_connector::TlsConnector;

/// How long opening a connection may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Without a response timeout: every caller has a deadline of its own.
pub(super) fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None)
}

/// Returns what the driver needs to connect to a server.
pub(super) fn connection_info(
    address: &ConnectionAddr,
    user: &RedisConnectionInfo,
) -> RedisResult<ConnectionInfo> {
    Ok(address.clone().into_connection_info()?.set_redis_settings(user.clone()))
}

/// Opens a connection, over TLS if the server is to be reached by TLS.
pub(super) async fn open(
    tls: Option<&Arc<ClientConfig>>,
    address: &ConnectionAddr,
    user: &RedisConnectionInfo,
    config: AsyncConnectionConfig,
    clock: &dyn Clock,
) -> StoreResult<MultiplexedConnection> {
    let until: Instant = clock.instant() + CONNECT_TIMEOUT;
    let opened = match (tls, address) {
        (Some(tls), ConnectionAddr::TcpTls { host, port, .. }) => {
            let connector = TlsConnector::new(host, *port, Arc::clone(tls))?;
            timeout_at(until.into(), connector.open(user, config)).await
        }
        _ => timeout_at(until.into(), open_plain(address, user, &config)).await,
    };
    let opened = opened.map_err(|_| StoreError::timeout().of_read())?;
    opened.map_err(|error| StoreError::NotExecuted(port_error(error)))
}

async fn open_plain(
    address: &ConnectionAddr,
    user: &RedisConnectionInfo,
    config: &AsyncConnectionConfig,
) -> RedisResult<MultiplexedConnection> {
    let client = Client::open(connection_info(address, user)?)?;
    client.get_multiplexed_async_connection_with_config(config).await
}
