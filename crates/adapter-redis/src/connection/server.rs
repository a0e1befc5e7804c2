//! A server that connections lead to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use auth_domain::ports::PortError;
use redis::ConnectionAddr;
use time::OffsetDateTime;

use crate::error::{StoreError, StoreResult};

use crate::replication::Replication;

/// A server while it is a primary.
pub(crate) struct Server {
    address: ConnectionAddr,
    /// Whether connections check that it is a primary when they are opened.
    checks_role: bool,
    /// When this process noticed that it replaced another primary, if it did. It is not known before the first discovery that
    /// names the server.
    promoted_at: OnceLock<Option<OffsetDateTime>>,
    /// Its replicas at the last check.
    replication: ArcSwapOption<Replication>,
    /// Whether another server is the primary of its keys now.
    is_retired: AtomicBool,
}

impl Server {
    /// Returns a server that the URL names.
    pub(crate) fn configured(address: ConnectionAddr) -> Self {
        Self::new(address, false)
    }

    /// Returns a server that a sentinel or a node of the cluster names as a primary.
    pub(crate) fn discovered(address: ConnectionAddr) -> Self {
        Self::new(address, true)
    }

    fn new(address: ConnectionAddr, checks_role: bool) -> Self {
        let (replication, is_retired) = (ArcSwapOption::empty(), AtomicBool::new(false));
        Self { address, checks_role, promoted_at: OnceLock::new(), replication, is_retired }
    }

    pub(crate) const fn address(&self) -> &ConnectionAddr {
        &self.address
    }

    pub(crate) const fn checks_role(&self) -> bool {
        self.checks_role
    }

    /// Returns when this process noticed that the server replaced another primary.
    pub(crate) fn promoted_at(&self) -> Option<OffsetDateTime> {
        self.promoted_at.get().copied().flatten()
    }

    /// Notes at the first discovery that names the server whether it has replaced another primary just now.
    pub(crate) fn note_promotion(&self, promoted_at: impl FnOnce() -> Option<OffsetDateTime>) {
        self.promoted_at.get_or_init(promoted_at);
    }

    /// Notes the replicas at a check; `None` if they are unknown.
    pub(crate) fn note_replication(&self, replication: Option<Replication>) {
        self.replication.store(replication.map(Arc::new));
    }

    pub(crate) fn replication(&self) -> Option<Arc<Replication>> {
        self.replication.load_full()
    }

    /// Rejects replies of a former primary, which may have been frozen meanwhile: its writes are lost, and its data is old.
    pub(crate) fn believed<T>(&self, replies: T) -> StoreResult<T> {
        if self.is_retired() {
            return Err(StoreError::Closed(PortError::unavailable("another server is the primary now")));
        }
        Ok(replies)
    }

    pub(crate) fn retire(&self) {
        self.is_retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.is_retired.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_a_former_primary_count_as_none() {
        let server = Server::discovered(ConnectionAddr::Tcp("127.0.0.1".to_owned(), 6379));
        assert_eq!(server.believed(1).unwrap(), 1);
        server.retire();
        // The call may have been executed, so its outcome is unknown.
        assert!(matches!(server.believed(1), Err(error @ StoreError::Closed(_)) if error.is_unanswered()));
    }
}
