//! What one configuration leads to: addresses, with the credentials and certificates for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use auth_domain::ports::Clock;
use auth_store_connection::TlsSettings;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ConnectionAddr, ProtocolVersion, RedisConnectionInfo};
use rustls::ClientConfig;

use super::opening::{config, open};
use super::pools::Pools;
use crate::address::{Address, Form, Protection, Transport};
use crate::config::RedisConfig;
use crate::error::{ConfigError, StoreResult};
use crate::tls_connector::TlsConnector;

/// The servers of one configuration.
pub(crate) struct Target {
    config: RedisConfig,
    form: Form,
    user: RedisConnectionInfo,
    protection: Protection,
    transport: Transport,
    /// `None` for plain text.
    tls: Option<Arc<ClientConfig>>,
    /// The settings of the files for TLS, and the digests of the files.
    files: Vec<(&'static str, u64)>,
    pools: Pools,
    /// Whether connections must not be used again. Targets of the same user share it.
    is_retired: Arc<AtomicBool>,
}

impl Target {
    pub(super) fn new(config: &RedisConfig, max_connections: usize) -> Result<Self, ConfigError> {
        let Address { form, user, protection, transport, tls } = Address::parse(config)?;
        // Before the files are used: if one of them is replaced in between, it differs the next time.
        let files = tls.as_ref().map(TlsSettings::digests).transpose()?.unwrap_or_default();
        let tls = tls.map(|tls| tls.client_config()).transpose()?.map(Arc::new);
        let pools = Pools::new(user.clone(), max_connections);
        let is_retired = Arc::default();
        let target =
            Self { config: config.clone(), form, user, protection, transport, tls, files, pools, is_retired };
        target.form.addresses().iter().try_for_each(|address| target.try_out(address))?;
        Ok(target)
    }

    /// Checks everything about an address that needs no connection.
    fn try_out(&self, address: &ConnectionAddr) -> Result<(), ConfigError> {
        match (&self.tls, address) {
            (Some(tls), ConnectionAddr::TcpTls { host, port, .. }) => {
                TlsConnector::new(host, *port, Arc::clone(tls)).map(drop)
            }
            _ => self.pools.of(address).map(drop),
        }
    }

    /// Returns the settings that differ from those of another target.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let url = (self.config.url != other.config.url).then_some("REDIS__URL");
        let files = self.files.iter().filter(|file| !other.files.contains(file));
        url.into_iter().chain(files.map(|(setting, _)| *setting)).collect()
    }

    /// Returns whether the connections of another target can still be used. Then they are retired together with those of this one.
    pub(super) fn keeps_connections_of(&mut self, other: &Self) -> bool {
        let (this, that) = (&self.user, &other.user);
        let is_same_user = (this.username(), this.db()) == (that.username(), that.db());
        let keeps = is_same_user && self.form.is_same(&other.form);
        if keeps {
            self.is_retired = Arc::clone(&other.is_retired);
        }
        keeps
    }

    /// Discards the connections after the commands that are on them.
    pub(super) fn retire(&self) {
        self.is_retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.is_retired.load(Ordering::Acquire)
    }

    pub(crate) const fn form(&self) -> &Form {
        &self.form
    }

    /// The weakest protection of the addresses in the URL.
    pub(crate) const fn transport(&self) -> Transport {
        self.transport
    }

    /// Returns the address of a server that a sentinel or a node of the cluster names.
    ///
    /// # Errors
    /// [`ConfigError`] if it must not be connected to.
    pub(crate) fn discovered(&self, host: String, port: u16) -> Result<ConnectionAddr, ConfigError> {
        let address = self.protection.address(host, port);
        self.protection.transport(&address)?;
        Ok(address)
    }

    /// Opens a connection for commands. It never returns to the pool: a discarded connection must not be used again.
    pub(super) async fn open(
        &self,
        address: &ConnectionAddr,
        clock: &dyn Clock,
    ) -> StoreResult<MultiplexedConnection> {
        match &self.tls {
            None => self.pools.open(address).await,
            tls @ Some(_) => open(tls.as_ref(), address, &self.user, config(), clock).await,
        }
    }

    /// Opens a connection for client tracking.
    pub(super) async fn open_tracking(
        &self,
        address: &ConnectionAddr,
        config: AsyncConnectionConfig,
        clock: &dyn Clock,
    ) -> StoreResult<MultiplexedConnection> {
        // Only RESP3 carries invalidations.
        let user = self.user.clone().set_protocol(ProtocolVersion::RESP3);
        open(self.tls.as_ref(), address, &user, config, clock).await
    }

    /// Opens a connection to a sentinel.
    pub(super) async fn open_sentinel(
        &self,
        address: &ConnectionAddr,
        user: &RedisConnectionInfo,
        clock: &dyn Clock,
    ) -> StoreResult<MultiplexedConnection> {
        open(self.tls.as_ref(), address, user, config(), clock).await
    }
}
