//! Making connections.

use std::time::Instant;

use diesel_async::AsyncPgConnection;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, SimpleQueryMessage, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::{Address, Transport};
use crate::config::{ConfigError, PostgresConfig};
use crate::error::StoreError;
use crate::limits::{bounded, share_of_connecting};
use crate::tls;

type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Asks whether a server follows another one.
const IS_STANDBY: &str = "SELECT pg_is_in_recovery()";

/// Knows where to connect, and how.
pub(crate) struct Connector {
    servers: Vec<Config>,
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
        Ok(Self { servers: address.servers, transport: address.transport, tls })
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

    /// Connects to the first server that is a primary. The servers share the time equally, so that a silent server does not
    /// use up the time of the others.
    async fn dial(&self) -> Result<(Client, Wire), StoreError> {
        let share = share_of_connecting(self.servers.len());
        let mut last_error = StoreError::Unreachable;
        for server in &self.servers {
            match timeout(share, self.dial_primary(server)).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => last_error = error,
                Err(_) => last_error = StoreError::Silent,
            }
        }
        Err(last_error)
    }

    /// Connects to a server, and keeps the connection only if the server is a primary: a standby receives changes late, and
    /// a deactivated user could still log in.
    async fn dial_primary(&self, server: &Config) -> Result<(Client, Wire), StoreError> {
        let (client, mut wire) = server.connect(self.tls.clone()).await?;
        let answer = tokio::select! {
            answer = client.simple_query(IS_STANDBY) => answer?,
            end = &mut wire => return Err(end.map_or_else(StoreError::Connect, |()| StoreError::Silent)),
        };
        let is_primary = answer.iter().any(|part| match part {
            SimpleQueryMessage::Row(row) => row.get(0) == Some("f"),
            _ => false,
        });
        if is_primary { Ok((client, wire)) } else { Err(StoreError::Standby) }
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
