//! Connecting to a primary.

use std::time::{Duration, Instant};

use tokio::time::timeout;
use tokio_postgres::{Config, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::open_connection::OpenConnection;
use super::protocol::first_statements;
use super::socket::SocketTask;
use super::timeouts::{bounded, connect_timeout_per_server};
use super::tls;
use crate::config::{Address, Pooler, PostgresConfig, ServerOrder, Transport};
use crate::error::{ConfigError, StoreError};

/// The time after which the operating system closes a connection whose data is not acknowledged.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(5);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// Connects to the first server of the URL that is a primary.
pub(super) struct Connector {
    servers: Vec<Config>,
    order: ServerOrder,
    pub(super) transport: Transport,
    pub(super) pooler: Pooler,
    tls: MakeRustlsConnect,
}

impl Connector {
    pub(super) fn new(config: &PostgresConfig) -> Result<Self, ConfigError> {
        let address = Address::parse(&config.url, config.files(), config.allow_plain_text)?;
        let Address { mut servers, order, transport, tls } = address;
        let share = connect_timeout_per_server(servers.len());
        for server in &mut servers {
            set_timeouts(server, share);
        }
        let tls = tls::connector(tls.as_ref())?;
        Ok(Self { servers, order, transport, pooler: config.pooler, tls })
    }

    /// Makes a connection, whose socket is served by the runtime of the caller.
    pub(super) async fn connect(&self, deadline: Instant) -> Result<OpenConnection, StoreError> {
        bounded(deadline, self.first_primary()).await
    }

    /// Tries the servers in order. Each has an equal share of the time, so that a server that does not answer leaves time
    /// for the others.
    async fn first_primary(&self) -> Result<OpenConnection, StoreError> {
        let share = connect_timeout_per_server(self.servers.len());
        let mut last_error = StoreError::Unreachable;
        for server in self.order.of(&self.servers) {
            match timeout(share, self.connect_to_primary(server)).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => last_error = error,
                Err(_) => last_error = StoreError::TimedOut,
            }
        }
        Err(last_error)
    }

    /// Connects to a server, sets the timeouts and rejects it if it is a standby, in one round trip after the authentication. A
    /// standby receives changes late, so a deactivated user could still log in.
    async fn connect_to_primary(&self, server: &Config) -> Result<OpenConnection, StoreError> {
        let (client, wire) = server.connect(self.tls.clone()).await.map_err(StoreError::of_connecting)?;
        let socket = SocketTask::spawn(wire);
        let answer = client.simple_query(&first_statements(self.pooler)).await;
        let answer = answer.map_err(StoreError::of_connecting)?;
        let row = answer.iter().find_map(|part| match part {
            SimpleQueryMessage::Row(row) => Some((row.get(0)?, row.get(1)?)),
            _ => None,
        });
        match row {
            Some(("f", process)) => Ok(OpenConnection::new(client, socket, self.pooler, process.to_owned())),
            _ => Err(StoreError::Standby),
        }
    }
}

fn set_timeouts(server: &mut Config, connect_timeout: Duration) {
    server
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
            client_cert_file: None,
            client_key_file: None,
            allow_plain_text: false,
            pool: PostgresConfig::DEFAULT_POOL,
            pooler: Pooler::None,
        };
        Connector::new(&config).unwrap().servers
    }

    #[test]
    fn options_of_the_url_are_sent_as_written_and_no_others() {
        let own = servers("postgres://auth@localhost/db?options=-c%20search_path%3Dplatform");
        let [server] = &own[..] else { panic!("one server") };
        assert_eq!(server.get_options(), Some("-c search_path=platform"));
        let none = servers("postgres://auth@localhost/db");
        assert!(none.iter().all(|server| server.get_options().is_none()), "a pooler may reject them");
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
