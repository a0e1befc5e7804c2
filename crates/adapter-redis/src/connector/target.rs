//! A server, with the credentials and certificates for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_domain::ports::Clock;
use auth_store_connection::TlsSettings;
use deadpool_redis::{Pool, PoolConfig, Runtime, Timeouts};
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ProtocolVersion, RedisConnectionInfo,
    RedisResult,
};
use tokio::time::timeout_at;

use crate::address::{Address, Transport};
use crate::config::RedisConfig;
use crate::error::{ConfigError, StoreError, StoreResult, port_error};
use crate::tls_connector::TlsConnector;

/// How long opening a connection may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A server, as one configuration names it.
pub(crate) struct Target {
    config: RedisConfig,
    address: ConnectionInfo,
    /// Only RESP3 carries invalidations.
    resp3: RedisConnectionInfo,
    transport: Transport,
    /// The settings of the files for TLS, and the digests of the files.
    files: Vec<(&'static str, u64)>,
    opener: Opener,
    /// Whether connections must not be used again. Targets of the same user share it.
    is_retired: Arc<AtomicBool>,
}

enum Opener {
    Plain { pool: Pool, resp3: Client },
    Tls(TlsConnector),
}

impl Target {
    pub(super) fn new(config: &RedisConfig, max_connections: usize) -> Result<Self, ConfigError> {
        let Address { connection: address, transport, tls } = Address::parse(config)?;
        let resp3 = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        // Before the files are used: if one of them is replaced in between, it differs the next time.
        let files = tls.as_ref().map(TlsSettings::digests).transpose()?.unwrap_or_default();
        let opener = match (&tls, address.addr()) {
            (Some(tls), ConnectionAddr::TcpTls { host, port, .. }) => {
                Opener::Tls(TlsConnector::new(host, *port, tls)?)
            }
            _ => plain(&address, resp3.clone(), max_connections).map_err(ConfigError::Rejected)?,
        };
        Ok(Self {
            config: config.clone(),
            address,
            resp3,
            transport,
            files,
            opener,
            is_retired: Arc::default(),
        })
    }

    /// Returns the settings that differ from those of another target.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let url = (self.config.url != other.config.url).then_some("REDIS__URL");
        let files = self.files.iter().filter(|file| !other.files.contains(file));
        url.into_iter().chain(files.map(|(setting, _)| *setting)).collect()
    }

    /// Returns whether the connections of another target can still be used. Then they are retired together with those of this one.
    pub(super) fn keeps_connections_of(&mut self, other: &Self) -> bool {
        let keeps = self.is_same_user(other);
        if keeps {
            self.is_retired = Arc::clone(&other.is_retired);
        }
        keeps
    }

    fn is_same_user(&self, other: &Self) -> bool {
        let (this, that) = (self.address.redis_settings(), other.address.redis_settings());
        self.address.addr() == other.address.addr()
            && (this.username(), this.db()) == (that.username(), that.db())
    }

    /// Discards the connections after the commands that are on them.
    pub(super) fn retire(&self) {
        self.is_retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.is_retired.load(Ordering::Acquire)
    }

    pub(crate) fn address(&self) -> &ConnectionAddr {
        self.address.addr()
    }

    pub(crate) const fn transport(&self) -> Transport {
        self.transport
    }

    /// Opens a connection for commands. It never returns to the pool: a discarded connection must not be used again.
    pub(super) async fn open(&self, clock: &dyn Clock) -> StoreResult<MultiplexedConnection> {
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

    /// Opens a connection for client tracking.
    pub(super) async fn open_tracking(
        &self,
        config: AsyncConnectionConfig,
        clock: &dyn Clock,
    ) -> StoreResult<MultiplexedConnection> {
        match &self.opener {
            Opener::Plain { resp3, .. } => {
                within_timeout(clock, resp3.get_multiplexed_async_connection_with_config(&config)).await
            }
            Opener::Tls(tls) => within_timeout(clock, tls.open(&self.resp3, config)).await,
        }
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
pub(super) fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None)
}
