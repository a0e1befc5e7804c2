//! Opening connections over TLS.
//!
//! The driver verifies certificates by itself, and knows neither certificates of servers that sign themselves nor their
//! verification without the host name. So it gets a connected stream.

use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisResult};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;

use crate::error::ConfigError;

/// Opens connections to one server.
pub(crate) struct TlsConnector {
    host: String,
    port: u16,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
}

impl TlsConnector {
    pub(crate) fn new(host: &str, port: u16, config: Arc<ClientConfig>) -> Result<Self, ConfigError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ConfigError::HostName)?;
        Ok(Self { host: host.to_owned(), port, name, config })
    }

    /// Opens a connection. Its socket is served by the runtime of the caller.
    pub(crate) async fn open(
        &self,
        settings: &RedisConnectionInfo,
        config: AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let tls = tokio_rustls::TlsConnector::from(Arc::clone(&self.config));
        let stream = tls.connect(self.name.clone(), stream).await?;
        let (connection, socket) = MultiplexedConnection::new_with_config(settings, stream, config).await?;
        // The task ends when the last handle of the connection is dropped.
        tokio::spawn(socket);
        Ok(connection)
    }
}
