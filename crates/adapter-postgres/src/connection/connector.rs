//! Connecting to a primary.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use auth_store_connection::TlsSettings;
use tokio_postgres::{Config, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::addresses::addresses;
use super::attempts::Attempts;
use super::open_connection::OpenConnection;
use super::protocol::first_statements;
use super::socket::SocketTask;
use super::timeouts::bounded;
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
    config: PostgresConfig,
    /// The settings of the files for TLS, and the digests of the files.
    files: Vec<(&'static str, u64)>,
    servers: Vec<Config>,
    order: ServerOrder,
    clock: Arc<dyn Clock>,
    pub(super) transport: Transport,
    pub(super) pooler: Pooler,
    tls: MakeRustlsConnect,
    /// Whether connections must not be used again. Connectors of the same user share it.
    is_retired: Arc<AtomicBool>,
}

impl Connector {
    pub(super) fn new(config: &PostgresConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let address = Address::parse(&config.url, config.files(), config.allow_plain_text)?;
        let Address { mut servers, order, transport, tls } = address;
        for server in &mut servers {
            set_timeouts(server);
        }
        // Before the files are used: if one of them is replaced in between, it differs the next time.
        let files = tls.as_ref().map(TlsSettings::digests).transpose()?.unwrap_or_default();
        let (tls, is_retired) = (tls::connector(tls.as_ref())?, Arc::default());
        let (config, pooler) = (config.clone(), config.pooler);
        Ok(Self { config, files, servers, order, clock, transport, pooler, tls, is_retired })
    }

    /// Returns the settings that differ from those of another connector.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let url = (self.config.url != other.config.url).then_some("POSTGRES__URL");
        let files = self.files.iter().filter(|file| !other.files.contains(file));
        url.into_iter().chain(files.map(|(setting, _)| *setting)).collect()
    }

    /// Returns whether the connections of another connector can still be used. Then they are retired together with those of this
    /// one.
    pub(super) fn keeps_connections_of(&mut self, other: &Self) -> bool {
        let keeps = self.servers.iter().map(without_password).eq(other.servers.iter().map(without_password));
        if keeps {
            self.is_retired = Arc::clone(&other.is_retired);
        }
        keeps
    }

    /// Closes the connections after the statements that are on them.
    pub(super) fn retire(&self) {
        self.is_retired.store(true, Ordering::Release);
    }

    /// Makes a connection, whose socket is served by the runtime of the caller.
    ///
    /// It tries the servers until the deadline: first the one that was a primary last, then the others in the order of the URL. Each
    /// has an equal share of the time that is left, so that a server that does not answer leaves time for the others.
    pub(super) async fn connect(&self, deadline: Instant) -> Result<OpenConnection, StoreError> {
        let mut attempts = Attempts::new(&*self.clock, deadline, self.servers.len());
        for (place, server) in self.order.of(&self.servers) {
            let share = attempts.next_deadline();
            if let Some(connection) = attempts.keep(self.connect_to_server(server, share).await) {
                self.order.remember(place);
                return Ok(connection);
            }
        }
        Err(attempts.into_error())
    }

    /// Tries the addresses of a server in the same way: behind a name there may be several servers.
    async fn connect_to_server(
        &self,
        server: &Config,
        deadline: Instant,
    ) -> Result<OpenConnection, StoreError> {
        let addresses = bounded(deadline, addresses(server)).await?;
        self.connect_to_first(addresses, deadline).await
    }

    async fn connect_to_first(
        &self,
        addresses: Vec<Config>,
        deadline: Instant,
    ) -> Result<OpenConnection, StoreError> {
        let mut attempts = Attempts::new(&*self.clock, deadline, addresses.len());
        for address in addresses {
            let share = attempts.next_deadline();
            if let Some(connection) = attempts.keep(bounded(share, self.connect_to_primary(&address)).await) {
                return Ok(connection);
            }
        }
        Err(attempts.into_error())
    }

    /// Connects to an address, makes the settings and rejects a standby, in one round trip after the authentication. A standby
    /// receives changes late, so a deactivated user could still log in.
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
            Some(("f", process)) => Ok(OpenConnection::new(
                client,
                socket,
                self.pooler,
                process.to_owned(),
                Arc::clone(&self.is_retired),
            )),
            _ => Err(StoreError::Standby),
        }
    }
}

fn without_password(server: &Config) -> Config {
    let mut server = server.clone();
    server.password("");
    server
}

fn set_timeouts(server: &mut Config) {
    server
        .tcp_user_timeout(TCP_USER_TIMEOUT)
        .keepalives_idle(KEEPALIVE_IDLE)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_RETRIES);
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use auth_testkit::TestClock;
    use auth_testkit::servers::PostgresServer;

    use super::*;

    /// Longer than that of the service, for a busy machine.
    const TIMEOUT: Duration = Duration::from_secs(3);

    fn connector(url: &str) -> Connector {
        let config = PostgresConfig {
            url: url.to_owned(),
            ca_file: None,
            client_cert_file: None,
            client_key_file: None,
            allow_plain_text: false,
            pool: PostgresConfig::DEFAULT_POOL,
            pooler: Pooler::None,
        };
        Connector::new(&config, TestClock::new()).unwrap()
    }

    #[test]
    fn options_of_the_url_are_sent_as_written_and_no_others() {
        let own = connector("postgres://auth@localhost/db?options=-c%20search_path%3Dplatform").servers;
        let [server] = &own[..] else { panic!("one server") };
        assert_eq!(server.get_options(), Some("-c search_path=platform"));
        let none = connector("postgres://auth@localhost/db").servers;
        assert!(none.iter().all(|server| server.get_options().is_none()), "a pooler may reject them");
    }

    /// Behind a name there may be several servers. The addresses of this test differ in their ports, because no name of this machine has
    /// several addresses.
    // S-96
    #[tokio::test]
    async fn each_address_of_a_host_is_tried_within_the_timeout() {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (silent, refusing) = (listen(), listen());
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let refused = port(&refusing);
        drop(refusing);
        let database = PostgresServer::shared().database();
        let connector = connector(&database.url());
        let own = connector.servers.clone();
        let at = |port| {
            let mut server = Config::new();
            server.host("localhost").port(port).user("auth").dbname("auth");
            server
        };
        let addresses = [at(port(&silent)), at(refused)].into_iter().chain(own).collect();
        let begun = connector.clock.instant();
        let connected = connector.connect_to_first(addresses, begun + TIMEOUT).await;
        assert!(connected.as_ref().is_ok_and(OpenConnection::is_open), "{:?}", connected.err());
        assert!(begun.elapsed() < TIMEOUT);

        let addresses = vec![at(port(&silent)), at(refused)];
        let failed = connector.connect_to_first(addresses, connector.clock.instant() + TIMEOUT / 3).await;
        assert!(
            matches!(failed, Err(StoreError::Connect(_))),
            "a timeout explains less than the error of the other address"
        );
    }

    #[tokio::test]
    async fn an_address_is_used_under_the_name_of_its_host() {
        let mut server = Config::new();
        server.host("localhost").port(6000);
        let found = addresses(&server).await.unwrap();
        assert!(!found.is_empty());
        for found in found {
            assert_eq!((found.get_hosts(), found.get_ports()), (server.get_hosts(), server.get_ports()));
            assert!(matches!(found.get_hostaddrs(), [address] if address.is_loopback()));
        }
        server.hostaddr(Ipv4Addr::LOCALHOST.into());
        assert_eq!(addresses(&server).await.unwrap(), [server]);
    }
}
