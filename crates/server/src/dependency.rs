//! The dependencies of the service: Postgres, Redis, and the embedded store.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::RequestTime;
use auth_domain::ports::{Check, PortError};

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

/// A denylist that is kept in this process, as those who look after it see it.
pub(crate) trait DenylistCopy: Send + Sync {
    /// Returns how it is doing.
    fn state(&self) -> DenylistCopyState;

    /// Tells `observer` how long each sign of life took.
    fn observe(&self, observer: Box<dyn Fn(Duration) + Send + Sync>);

    /// Within which time it learns of a revocation as a rule.
    fn usual_lag(&self) -> Duration;

    /// Within which time it learns of a revocation, or is not asked.
    fn longest_lag(&self) -> Duration;
}

/// How a denylist that is kept in this process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DenylistCopyState {
    /// Whether it answers now.
    pub(crate) is_current: bool,
    /// How many revoked tokens it holds.
    pub(crate) entries: usize,
    /// How many checks had to ask the store since the start.
    pub(crate) asked: u64,
}

/// All dependencies of the configured stores, each once.
pub(crate) type Dependencies = Vec<Arc<dyn Dependency>>;
