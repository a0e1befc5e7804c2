//! The parts of the application that the process uses besides the handlers.

use std::sync::Arc;

use auth_domain::ports::{Clock, PasswordHasher, UserRepository};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::compose::Parts;
use crate::hash_costs::HashCosts;
use crate::metrics::Metrics;
use crate::readiness::Readiness;

/// What the process uses besides the handlers, from its start to its end.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) readiness: Arc<Readiness>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Ends background work; shutdown does not wait for it.
    pub(crate) stopping: CancellationToken,
    users: Arc<dyn UserRepository>,
    hasher: Arc<dyn PasswordHasher>,
}

impl Process {
    pub(super) fn new(parts: &Parts, runtime: &Handle) -> Self {
        Self {
            readiness: Arc::new(Readiness::new(parts.dependencies.clone(), runtime.clone())),
            metrics: Arc::new(metrics(parts)),
            clock: parts.clock.clone(),
            stopping: CancellationToken::new(),
            users: parts.users.clone(),
            hasher: parts.hasher.clone(),
        }
    }

    /// Returns the reader of the costs of stored hashes.
    pub(crate) fn hash_costs(&self) -> HashCosts<'_> {
        HashCosts { users: &*self.users, hasher: &*self.hasher, clock: &*self.clock }
    }
}

/// Returns the metrics, which read the parts.
fn metrics(parts: &Parts) -> Metrics {
    Metrics::new(parts.denylist_cache.clone())
        .with_process(parts.clock.now())
        .with_passwords(&parts.password_hashing)
        .with_stores(&parts.dependencies)
}
