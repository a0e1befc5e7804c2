//! Connecting to a primary.

use std::time::{Duration, Instant};

use diesel_async::AsyncPgConnection;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, SimpleQueryMessage, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::timeouts::{STATEMENT, bounded, connect_timeout_per_server};
use super::tls;
use crate::config::{Address, PostgresConfig, Transport};
use crate::error::{ConfigError, StoreError};

type Wire = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

const IS_STANDBY: &str = "SELECT pg_is_in_recovery()";

/// The time after which the operating system closes a connection whose data is not acknowledged.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// Connects to the first server of the URL that is a primary.
pub(super) struct Connector {
    servers: Vec<Config>,
    pub(super) transport: Transport,
    tls: MakeRustlsConnect,
}

/// A connection that several callers use at the same time; their statements are pipelined.
pub(crate) struct SharedConnection {
    connection: AsyncPgConnection,
    socket: SocketTask,
}

/// The task that reads and writes the socket of a connection. Dropping it closes the connection.
pub(crate) struct SocketTask(JoinHandle<()>);

impl Connector {
    pub(super) fn new(config: &PostgresConfig) -> Result<Self, ConfigError> {
        let Address { mut servers, transport } = Address::parse(&config.url, config.allow_plain_text)?;
        let connect_timeout = connect_timeout_per_server(servers.len());
        for server in &mut servers {
            set_timeouts(server, connect_timeout);
        }
        let tls = tls::connector(transport, config.ca_file.as_deref())?;
        Ok(Self { servers, transport, tls })
    }

    /// Makes a connection that callers share.
    pub(super) async fn shared(&self, deadline: Instant) -> Result<SharedConnection, StoreError> {
        let work = async {
            let (client, wire) = self.connect().await?;
            let socket = SocketTask(tokio::spawn(async move {
                // Each statement on the connection receives the error itself.
                let _ = wire.await;
            }));
            let connection = AsyncPgConnection::try_from(client).await?;
            Ok::<_, StoreError>(SharedConnection { connection, socket })
        };
        bounded(deadline, work).await
    }

    /// Makes a connection for one caller at a time.
    pub(super) async fn exclusive(&self, deadline: Instant) -> Result<AsyncPgConnection, StoreError> {
        let work = async {
            let (client, wire) = self.connect().await?;
            let connection = AsyncPgConnection::try_from_client_and_connection(client, wire).await?;
            Ok::<_, StoreError>(connection)
        };
        bounded(deadline, work).await
    }

    /// Tries the servers in order. Each has an equal share of the time, so that a server that does not answer leaves time
    /// for the others.
    async fn connect(&self) -> Result<(Client, Wire), StoreError> {
        let share = connect_timeout_per_server(self.servers.len());
        let mut last_error = StoreError::Unreachable;
        for server in &self.servers {
            match timeout(share, self.connect_to_primary(server)).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => last_error = error,
                Err(_) => last_error = StoreError::TimedOut,
            }
        }
        Err(last_error)
    }

    /// Connects to a server and rejects it if it is a standby. A standby receives changes late, so a deactivated user
    /// could still log in.
    async fn connect_to_primary(&self, server: &Config) -> Result<(Client, Wire), StoreError> {
        let (client, mut wire) = server.connect(self.tls.clone()).await?;
        let answer = tokio::select! {
            answer = client.simple_query(IS_STANDBY) => answer?,
            end = &mut wire => return Err(end.map_or_else(StoreError::Connect, |()| StoreError::TimedOut)),
        };
        let is_primary = answer.iter().any(|part| match part {
            SimpleQueryMessage::Row(row) => row.get(0) == Some("f"),
            _ => false,
        });
        if is_primary { Ok((client, wire)) } else { Err(StoreError::Standby) }
    }
}

impl SharedConnection {
    pub(crate) fn connection(&self) -> &AsyncPgConnection {
        &self.connection
    }

    pub(super) fn is_open(&self) -> bool {
        !self.socket.0.is_finished()
    }

    pub(crate) fn into_parts(self) -> (AsyncPgConnection, SocketTask) {
        (self.connection, self.socket)
    }
}

impl Drop for SocketTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn set_timeouts(server: &mut Config, connect_timeout: Duration) {
    let own = server.get_options().unwrap_or_default();
    let millis = STATEMENT.as_millis();
    // The plan of a lookup does not depend on the number of its ids. Without the setting, the server plans each batch anew, which
    // costs several times as much as running it.
    let options = format!(
        "{own} -c statement_timeout={millis} -c idle_in_transaction_session_timeout={millis} \
         -c plan_cache_mode=force_generic_plan"
    );
    server
        .options(options.trim_start())
        .connect_timeout(connect_timeout)
        .tcp_user_timeout(TCP_USER_TIMEOUT)
        .keepalives_idle(KEEPALIVE_IDLE)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_RETRIES);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::timeouts::CONNECT;

    fn servers(url: &str) -> Vec<Config> {
        let config = PostgresConfig {
            url: url.to_owned(),
            ca_file: None,
            allow_plain_text: false,
            pool: PostgresConfig::DEFAULT_POOL,
        };
        Connector::new(&config).unwrap().servers
    }

    #[test]
    fn options_of_the_url_are_kept_and_timeouts_added() {
        let servers = servers("postgres://auth@localhost/db?options=-c%20search_path%3Dplatform");
        let [server] = &servers[..] else { panic!("one server") };
        let options = server.get_options().unwrap();
        assert!(options.starts_with("-c search_path=platform -c statement_timeout=2000"), "{options}");
    }

    #[test]
    fn servers_share_the_connect_timeout_equally() {
        let servers = servers("postgres://auth@localhost:5433,[::1]:5434,127.0.0.1/db");
        assert_eq!(servers.len(), 3);
        for server in servers {
            assert_eq!(server.get_connect_timeout(), Some(&(CONNECT / 3)));
        }
    }
}
