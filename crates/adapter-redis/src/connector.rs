//! The one place that opens connections.

mod opening;
mod pools;
mod target;

use std::sync::Arc;

use auth_domain::observation::RoundTrips;
use auth_domain::ports::{Clock, PortErrorKind};
use auth_store_connection::{Change, Current, Renewal};
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{ConnectionAddr, RedisConnectionInfo};

use crate::config::RedisConfig;
use crate::error::{ConfigError, StoreError, StoreResult};
pub(crate) use opening::CONNECT_TIMEOUT;
pub(crate) use target::Target;

/// Opens connections to the servers that are configured at present.
pub(crate) struct Connector {
    current: Current<Target>,
    max_connections: usize,
    pub(crate) round_trips: RoundTrips,
}

/// A new connection, and what it leads to.
type Opened = (MultiplexedConnection, Arc<Target>);

impl Connector {
    pub(crate) fn new(config: &RedisConfig, max_connections: usize) -> Result<Self, ConfigError> {
        let current = Current::new(Target::new(config, max_connections)?);
        Ok(Self { current, max_connections, round_trips: RoundTrips::default() })
    }

    /// Sets where other credentials come from if the server rejects the present ones.
    pub(crate) fn renew_from(&self, renewal: Arc<dyn Renewal>) {
        self.current.renew_from(renewal);
    }

    /// Prepares the use of another configuration for new connections. Open ones stay, unless the server, the database or the user
    /// is another.
    pub(crate) fn prepare(self: &Arc<Self>, config: &RedisConfig) -> Result<Change, ConfigError> {
        let (present, mut target) = (self.target(), Target::new(config, self.max_connections)?);
        if !target.form().is_same_kind(present.form()) {
            return Err(ConfigError::OtherForm);
        }
        let changed = target.differences(&present);
        if changed.is_empty() {
            return Ok(Change::none());
        }
        let keeps_connections = target.keeps_connections_of(&present);
        let connector = Arc::clone(self);
        Ok(Change::new(changed, move || {
            let former = connector.current.replace(target);
            if !keeps_connections {
                former.retire();
            }
        }))
    }

    /// Opens a connection for commands.
    pub(crate) async fn open(&self, address: &ConnectionAddr, clock: &dyn Clock) -> StoreResult<Opened> {
        let open = |target: Arc<Target>| async move { Ok((target.open(address, clock).await?, target)) };
        self.current.connect(open, is_rejection).await
    }

    /// Opens a connection for client tracking; `push` receives the push messages of Redis.
    pub(crate) async fn open_tracking(
        &self,
        address: &ConnectionAddr,
        push: impl AsyncPushSender,
        clock: &dyn Clock,
    ) -> StoreResult<Opened> {
        let config = opening::config().set_push_sender(push);
        let open = |target: Arc<Target>| {
            let config = config.clone();
            async move { Ok((target.open_tracking(address, config, clock).await?, target)) }
        };
        self.current.connect(open, is_rejection).await
    }

    /// Opens a connection to a sentinel.
    pub(crate) async fn open_sentinel(
        &self,
        address: &ConnectionAddr,
        user: &RedisConnectionInfo,
        clock: &dyn Clock,
    ) -> StoreResult<Opened> {
        let open = |target: Arc<Target>| async move {
            Ok((target.open_sentinel(address, user, clock).await?, target))
        };
        self.current.connect(open, is_rejection).await
    }

    pub(crate) fn target(&self) -> Arc<Target> {
        self.current.get()
    }
}

/// Whether other credentials or certificates may help.
fn is_rejection(error: &StoreError) -> bool {
    matches!(error, StoreError::NotExecuted(error) if error.kind() == PortErrorKind::Misconfigured)
}
