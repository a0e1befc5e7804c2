//! The connector for the configuration that is in use at present.

use std::sync::Arc;
use std::time::Instant;

use auth_domain::observation::{Operation, RoundTrips};
use auth_domain::ports::Clock;
use auth_store_connection::{Change, Current, Renewal};

use super::connector::Connector;
use super::open_connection::OpenConnection;
use super::timeouts::bounded;
use crate::config::{Pooler, PostgresConfig, Transport};
use crate::error::{ConfigError, StoreError};

/// Connects with the present configuration. If the server rejects it, the credentials are read again, and it connects once more.
pub(super) struct ReloadableConnector {
    current: Current<Connector>,
    clock: Arc<dyn Clock>,
    pub(super) round_trips: RoundTrips,
}

impl ReloadableConnector {
    pub(super) fn new(config: &PostgresConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let current = Current::new(Connector::new(config, Arc::clone(&clock))?);
        Ok(Self { current, clock, round_trips: RoundTrips::default() })
    }

    /// Sets where other credentials come from.
    pub(super) fn renew_from(&self, renewal: Arc<dyn Renewal>) {
        self.current.renew_from(renewal);
    }

    /// Prepares the use of another configuration for new connections. Open ones stay, unless a server, the database or the user is
    /// another; then they are closed after their statements.
    pub(super) fn prepare(self: &Arc<Self>, config: &PostgresConfig) -> Result<Change, ConfigError> {
        let (present, mut connector) = (self.current.get(), Connector::new(config, Arc::clone(&self.clock))?);
        let changed = connector.differences(&present);
        if changed.is_empty() {
            return Ok(Change::none());
        }
        let keeps_connections = connector.keeps_connections_of(&present);
        let this = Arc::clone(self);
        Ok(Change::new(changed, move || {
            let former = this.current.replace(connector);
            if !keeps_connections {
                former.retire();
            }
        }))
    }

    /// Makes a connection, whose socket is served by the runtime of the caller.
    pub(super) async fn connect(&self, deadline: Instant) -> Result<OpenConnection, StoreError> {
        let connect = |connector: Arc<Connector>| async move { connector.connect(deadline).await };
        // Boxed, so that the futures of callers are small.
        let connecting = Box::pin(self.current.connect(connect, StoreError::is_rejection));
        let connected = bounded(deadline, connecting);
        self.round_trips.time(Operation::Connect, &*self.clock, StoreError::kind, connected).await
    }

    pub(super) fn pooler(&self) -> Pooler {
        self.current.get().pooler
    }

    pub(super) fn transport(&self) -> Transport {
        self.current.get().transport
    }
}
