//! A server that connections lead to.

use std::sync::atomic::{AtomicBool, Ordering};

use redis::ConnectionAddr;
use time::OffsetDateTime;

/// A server, from the time that it is the primary of some keys until another one is.
pub(crate) struct Server {
    address: ConnectionAddr,
    /// Whether connections check that it is a primary when they are opened.
    checks_role: bool,
    /// When this process noticed that it replaced another primary.
    promoted_at: Option<OffsetDateTime>,
    /// Whether another server is the primary of its keys now.
    is_retired: AtomicBool,
}

impl Server {
    /// Returns a server that the URL names.
    pub(crate) const fn configured(address: ConnectionAddr) -> Self {
        Self { address, checks_role: false, promoted_at: None, is_retired: AtomicBool::new(false) }
    }

    /// Returns a server that a sentinel or a node of the cluster names as a primary.
    pub(crate) const fn discovered(address: ConnectionAddr, promoted_at: Option<OffsetDateTime>) -> Self {
        Self { address, checks_role: true, promoted_at, is_retired: AtomicBool::new(false) }
    }

    pub(crate) const fn address(&self) -> &ConnectionAddr {
        &self.address
    }

    pub(crate) const fn checks_role(&self) -> bool {
        self.checks_role
    }

    pub(crate) const fn promoted_at(&self) -> Option<OffsetDateTime> {
        self.promoted_at
    }

    pub(crate) fn retire(&self) {
        self.is_retired.store(true, Ordering::Release);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.is_retired.load(Ordering::Acquire)
    }
}
