//! Making connections.

use std::time::Instant;

use diesel_async::AsyncPgConnection;
use tokio::task::JoinHandle;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::{Address, Transport};
use crate::config::{ConfigError, PostgresConfig};
use crate::error::StoreError;
use crate::limits::bounded;
use crate::tls;

type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Knows where to connect, and how.
pub(crate) struct Connector {
    config: Config,
    transport: Transport,
    tls: MakeRustlsConnect,
}

/// A connection that many statements may be under way on at once.
pub(crate) struct Link {
    connection: AsyncPgConnection,
    driver: Driver,
}

/// The task that moves the bytes of a connection; dropping it cuts the connection.
pub(crate) struct Driver(JoinHandle<()>);

impl Connector {
    pub(crate) fn new(config: &PostgresConfig) -> Result<Self, ConfigError> {
        let address = Address::parse(&config.url, config.allow_plain_text)?;
        let tls = tls::prepare(address.transport, config.ca_file.as_deref())?;
        Ok(Self { config: address.config, transport: address.transport, tls })
    }

    pub(crate) fn transport(&self) -> Transport {
        self.transport
    }

    /// Connects for statements that share the connection.
    pub(crate) async fn link(&self, until: Instant) -> Result<Link, StoreError> {
        let work = async {
            let (client, wire) = self.dial().await?;
            let driver = Driver(tokio::spawn(async move {
                // Whoever waits for an answer learns of it by himself.
                let _ = wire.await;
            }));
            let connection = AsyncPgConnection::try_from(client).await?;
            Ok::<_, StoreError>(Link { connection, driver })
        };
        bounded(until, work).await
    }

    /// Connects for one statement at a time.
    pub(crate) async fn exclusive(&self, until: Instant) -> Result<AsyncPgConnection, StoreError> {
        let work = async {
            let (client, wire) = self.dial().await?;
            let connection = AsyncPgConnection::try_from_client_and_connection(client, wire).await?;
            Ok::<_, StoreError>(connection)
        };
        bounded(until, work).await
    }

    async fn dial(&self) -> Result<(Client, Wire), StoreError> {
        Ok(self.config.connect(self.tls.clone()).await?)
    }
}

impl Link {
    pub(crate) fn connection(&self) -> &AsyncPgConnection {
        &self.connection
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.driver.0.is_finished()
    }

    pub(crate) fn into_parts(self) -> (AsyncPgConnection, Driver) {
        (self.connection, self.driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}
