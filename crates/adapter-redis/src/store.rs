//! The store that every port of this adapter uses.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use auth_domain::model::{RequestTime, TokenId, from_unix_microseconds, to_unix_microseconds};
use auth_domain::observation::RoundTrips;
use auth_domain::ports::Clock;
use auth_store_connection::{Change, Renewal};

use crate::clock::MAX_SKEW;
use crate::config::RedisConfig;
use crate::connection::{PROCESS_CONNECTIONS, WORKER_CONNECTIONS};
use crate::connections::Connections;
use crate::connector::Connector;
use crate::denylist_cache::{DenylistCache, Lifetime};
use crate::error::{ConfigError, StoreResult};
use crate::revocation_checks::RevocationChecks;
use crate::topology::Destination;

/// A Redis server, as every port of this adapter uses it; cheap to clone.
#[derive(Clone)]
pub struct RedisStore {
    shared: Arc<Shared>,
    /// Those of this handle.
    connections: Connections,
    checks: RevocationChecks,
}

/// What all handles share.
struct Shared {
    /// The denylist cache of this process, if it keeps one.
    cache: OnceLock<Arc<DenylistCache>>,
}

impl RedisStore {
    /// Checks the configuration. Connections are opened when they are first needed, so the server may be unreachable now.
    /// Each is opened on the tokio runtime of the caller who needs it first.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting at fault.
    pub fn new(config: &RedisConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Self::with_workers(config, clock, 0)
    }

    /// Like [`new`](Self::new), and each of `workers` threads gets a connection of its own through
    /// [`for_worker`](Self::for_worker). This handle uses the connections of the process, which are opened on the present runtime,
    /// if there is one.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting at fault.
    pub fn with_workers(
        config: &RedisConfig,
        clock: Arc<dyn Clock>,
        workers: usize,
    ) -> Result<Self, ConfigError> {
        let max_connections = 1 + PROCESS_CONNECTIONS + workers.saturating_mul(WORKER_CONNECTIONS);
        let connector = Connector::new(config, max_connections)?;
        let connections = Connections::new(connector, clock, workers);
        let checks = RevocationChecks::new(&connections);
        Ok(Self { shared: Arc::new(Shared { cache: OnceLock::new() }), connections, checks })
    }

    /// Returns a handle whose writes of sessions and of the denylist are answered only after this many replicas have them. Clones
    /// and handles of workers inherit it.
    #[must_use]
    pub fn waiting_for(self, replicas: u32) -> Self {
        Self { connections: self.connections.waiting_for(replicas), ..self }
    }

    /// Returns a handle whose commands use the connection of a worker, which is opened on the runtime of the first caller.
    /// Server clock and denylist cache are shared. The clones of the handle share its batches. Without such a worker, it uses
    /// the connections of the process.
    #[must_use]
    pub fn for_worker(&self, index: usize) -> Self {
        let connections = self.connections.for_worker(index);
        let checks = RevocationChecks::new(&connections);
        Self { shared: Arc::clone(&self.shared), connections, checks }
    }

    /// Sets where other credentials come from if the server rejects the present ones. Only the first call has an effect.
    pub fn renew_from(&self, renewal: Arc<dyn Renewal>) {
        self.connections.connector().renew_from(renewal);
    }

    /// Prepares the use of another configuration for new connections. Open ones stay, unless the server, the database or the user
    /// is another; then they are closed after the commands that are on them.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting at fault.
    pub fn prepare(&self, config: &RedisConfig) -> Result<Change, ConfigError> {
        self.connections.prepare(config)
    }

    /// Whether keys are in slots of a cluster, so that the denylist is not where the sessions are.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.connections.topology.is_cluster()
    }

    /// Reports of what is sent over the connections, and of the checks that share a command.
    #[must_use]
    pub fn round_trips(&self) -> &RoundTrips {
        self.connections.round_trips()
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The checks whether tokens are revoked.
    pub(crate) fn revocation_checks(&self) -> &RevocationChecks {
        &self.checks
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        self.connections.clock()
    }

    /// Returns the denylist cache, and creates it at the first call. `max_lifetime` is the longest that any entry lives.
    pub(crate) fn denylist_cache(&self, max_lifetime: Duration) -> &Arc<DenylistCache> {
        let new = || Arc::new(DenylistCache::new(self.clock().instant(), max_lifetime));
        self.shared.cache.get_or_init(new)
    }

    /// Adds what this process has just denylisted to its cache, if it keeps one: each token with the lifetime of its entry
    /// in milliseconds.
    pub(crate) fn cache_revoked(&self, entries: impl Iterator<Item = (TokenId, i64)>) {
        let Some(cache) = self.shared.cache.get() else { return };
        let now = self.clock().instant();
        for (id, milliseconds) in entries {
            cache.set_lifetime(id, Lifetime::from_pttl(milliseconds), now);
        }
    }

    /// Replaces the time of a request by the clock of the server that has a key if our clock is too far from it: an access token
    /// must stay revoked until it expires, whatever our clock shows.
    pub(crate) async fn on_server_clock(
        &self,
        key: &str,
        request_time: RequestTime,
    ) -> StoreResult<RequestTime> {
        let server = Destination::Key(key);
        let connection = match self.connections().open_connection(server) {
            Some(connection) => connection,
            None => self.connections().acquire(server, request_time.deadline()).await?.0,
        };
        let skew = connection.skew();
        if skew.saturating_abs() <= MAX_SKEW {
            return Ok(request_time);
        }
        let corrected = from_unix_microseconds(to_unix_microseconds(request_time.now()).saturating_add(skew));
        Ok(corrected.map_or(request_time, |now| request_time.with_now(now)))
    }
}
