//! The state of a connection that other tasks can see.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;

use auth_domain::model::ClientAddress;
use futures_util::task::AtomicWaker;

/// The time in which a new connection waits for its first request and cannot be evicted, in microseconds.
///
/// Without it, each client that connects again after an eviction would evict a connection whose request is on its way, and no
/// request would be served.
pub(super) const GRACE: u64 = 250_000;

/// The state of one connection that the limits depend on. It is kept in atomics, so that a request takes no lock.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: u64,
    /// The address that the connection counts for; `None` for a trusted proxy.
    pub(super) address: Option<ClientAddress>,
    /// The time of the accept, in microseconds from the start.
    accepted: u64,
    /// The time since which the connection waits for its client to send or to read, in microseconds from the start; 0 while it
    /// does not wait.
    waiting_since: AtomicU64,
    /// The memory that the connection holds while it waits, in bytes, and the start of this.
    held: AtomicUsize,
    held_since: AtomicU64,
    evicted: AtomicBool,
    waker: AtomicWaker,
}

impl Entry {
    /// Returns the state of a connection that waits for its first request.
    pub(super) fn new(id: u64, address: Option<ClientAddress>, now: u64) -> Self {
        Self {
            id,
            address,
            accepted: now,
            waiting_since: AtomicU64::new(now),
            held: AtomicUsize::new(0),
            held_since: AtomicU64::new(0),
            evicted: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    /// Returns the start of the present wait; `None` if the connection does not wait.
    pub(super) fn waiting_since(&self) -> Option<u64> {
        Some(self.waiting_since.load(Ordering::Relaxed)).filter(|since| *since != 0)
    }

    /// Returns whether the connection was accepted a moment ago and its first request has not arrived.
    pub(super) fn is_new(&self, now: u64) -> bool {
        self.waiting_since() == Some(self.accepted) && now.saturating_sub(self.accepted) < GRACE
    }

    /// Notes that the connection waits for its client, if it did not wait already.
    pub(super) fn begin_wait(&self, now: impl FnOnce() -> u64) {
        if self.waiting_since.load(Ordering::Relaxed) == 0 {
            self.waiting_since.store(now(), Ordering::Relaxed);
        }
    }

    /// Notes that the connection no longer waits for its client.
    pub(super) fn end_wait(&self) {
        self.waiting_since.store(0, Ordering::Relaxed);
    }

    /// Sets the memory that the connection holds, and returns the previous value.
    pub(super) fn hold(&self, bytes: usize, now: impl FnOnce() -> u64) -> usize {
        let before = self.held.swap(bytes, Ordering::Relaxed);
        if before == 0 && bytes != 0 {
            self.held_since.store(now(), Ordering::Relaxed);
        }
        before
    }

    /// Returns the memory that the connection holds, and since when.
    pub(super) fn holds(&self) -> Option<(u64, usize)> {
        let bytes = self.held.load(Ordering::Relaxed);
        (bytes != 0).then(|| (self.held_since.load(Ordering::Relaxed), bytes))
    }

    /// Makes the connection's task close the connection.
    pub(super) fn evict(&self) {
        self.evicted.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Returns whether the connection has to close.
    pub(super) fn is_evicted(&self) -> bool {
        self.evicted.load(Ordering::Acquire)
    }

    /// Registers the current task to be woken by [`evict`](Self::evict) and [`wake`](Self::wake).
    pub(super) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Wakes the connection's task, so that it checks for a shutdown.
    pub(super) fn wake(&self) {
        self.waker.wake();
    }
}
