//! The dependencies of the service: Postgres, Redis, and the embedded store.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::RequestTime;
use auth_domain::observation::RoundTrips;
use auth_domain::ports::{Check, PortError};

mod redis_servers;

pub(crate) use redis_servers::{RedisServers, SentinelState};

#[cfg(test)]
pub(crate) mod fake;

/// How much of a dependency is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What an administrator configures.
    Setup,
    /// The same, and every row. This may take long.
    Rows,
}

/// A server or file that adapters of stores use.
#[async_trait]
pub(crate) trait Dependency: Send + Sync {
    /// Returns the name in readiness, logs, metrics and `doctor`.
    fn name(&self) -> &'static str;

    /// Returns its name among the stores in metrics, and the reports of its round trips.
    fn round_trips(&self) -> (&'static str, &RoundTrips);

    /// Returns the servers of Redis; `None` for other dependencies.
    fn redis_servers(&self) -> Option<RedisServers> {
        None
    }

    /// Returns once it has accepted a connection.
    ///
    /// # Errors
    /// [`PortError`] if it is unreachable, or rejects the credentials or certificates.
    async fn connect(&self, request_time: RequestTime) -> Result<(), PortError>;

    /// Returns once it has answered.
    ///
    /// # Errors
    /// [`PortError`] if it is unreachable or overloaded, or cannot be used.
    async fn ping(&self, request_time: RequestTime) -> Result<(), PortError>;

    /// Checks what an administrator configures.
    ///
    /// # Errors
    /// [`PortError`] if it cannot be checked.
    async fn diagnose(&self, depth: Depth, request_time: RequestTime) -> Result<Vec<Check>, PortError>;

    /// Migrates it to the version of this program, and returns a text about what was done.
    ///
    /// # Errors
    /// [`PortError`] if it is unreachable, or the migration failed.
    async fn migrate(&self, request_time: RequestTime) -> Result<String, PortError>;
}

/// The denylist cache of this process, as the metrics see it.
pub(crate) trait DenylistCache: Send + Sync {
    /// Returns whether the cache answers checks now.
    fn is_trusted(&self) -> bool;

    /// Returns the number of revoked tokens in the cache.
    fn entries(&self) -> usize;

    /// Returns the number of checks that had to ask the store since the start.
    fn misses(&self) -> u64;

    /// Sets the observer of the lag behind the store.
    fn observe_lag(&self, observer: Box<dyn Fn(Duration) + Send + Sync>);

    /// Returns the time within which 99 of 100 revocations by other processes are in the cache.
    fn usual_lag(&self) -> Duration;

    /// Returns the time within which every revocation by another process has an effect.
    fn max_lag(&self) -> Duration;
}

/// All dependencies of the configured stores, each once.
pub(crate) type Dependencies = Vec<Arc<dyn Dependency>>;
