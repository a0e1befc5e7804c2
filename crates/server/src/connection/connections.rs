//! All connections of the process, and their common limits.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_domain::model::{ClientAddress, Event};
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tracing::warn;

use super::drain::Drain;
use super::entry::Entry;
use super::groups::Groups;
use super::timer::now;
use crate::metrics::{ConnectionMetrics, LimitReason};

#[cfg(test)]
mod tests;

/// The memory that unfinished heads, unread bodies and unsent responses may hold together, in bytes.
const MEMORY_BUDGET: usize = 48 * 1_024 * 1_024;
/// Sockets of evicted connections that may still be open in addition to the limit.
const CLOSING: usize = 64;
/// The shortest time between two log lines about limits, in microseconds.
const REPORT_INTERVAL: u64 = 10_000_000;

/// The limits on the number of connections.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimits {
    pub(crate) total: usize,
    /// Per address, IPv6 per /64.
    pub(crate) per_address: usize,
    /// Peers without a limit per address: many clients share them.
    pub(crate) trusted_proxies: Vec<IpNet>,
}

/// The open connections of all workers and listeners.
#[derive(Debug)]
pub(crate) struct Connections {
    limits: ConnectionLimits,
    budget: usize,
    held: AtomicUsize,
    sockets: Arc<Semaphore>,
    groups: Mutex<Groups>,
    pub(super) drain: Drain,
    /// The time of the last log line about a limit, in microseconds from the start; 0 if there was none.
    last_report: AtomicU64,
    pub(super) metrics: ConnectionMetrics,
    started: Instant,
}

impl Connections {
    /// Begins without connections.
    pub(crate) fn new(limits: ConnectionLimits, metrics: ConnectionMetrics) -> Arc<Self> {
        let sockets =
            Arc::new(Semaphore::new(limits.total.saturating_add(CLOSING).min(Semaphore::MAX_PERMITS)));
        Arc::new(Self {
            sockets,
            limits,
            budget: MEMORY_BUDGET,
            held: AtomicUsize::new(0),
            groups: Mutex::default(),
            drain: Drain::default(),
            last_report: AtomicU64::new(0),
            metrics,
            started: now(),
        })
    }

    /// Waits for the permit of one more socket: evicted connections take a moment to close their sockets.
    pub(crate) async fn socket(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.sockets).acquire_owned().await.ok()
    }

    /// Returns the permit of one more socket, if one is free now.
    pub(crate) fn try_socket(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.sockets).try_acquire_owned().ok()
    }

    /// Admits a new connection.
    ///
    /// At a limit, the connection under that limit that has waited longest for its client is closed instead.
    /// Returns `None` if none of them waits, or if the longest-waiting one is new, too. The new connection then has to close.
    pub(super) fn admit(&self, peer: IpAddr) -> Option<Arc<Entry>> {
        let address = (!self.is_trusted(peer)).then(|| ClientAddress::new(peer));
        let mut groups = self.groups();
        if groups.count(address) >= self.limits.per_address {
            let longest = groups.longest_waiting_of(address);
            self.make_room(&mut groups, longest, LimitReason::Address)?;
        }
        if groups.all.len() >= self.limits.total {
            let longest = groups.all.longest_waiting();
            self.make_room(&mut groups, longest, LimitReason::Total)?;
        }
        let entry = groups.insert(address, self.microseconds());
        drop(groups);
        self.metrics.opened();
        Some(entry)
    }

    fn make_room(&self, groups: &mut Groups, longest: Option<Arc<Entry>>, reason: LimitReason) -> Option<()> {
        let now = self.microseconds();
        let Some(entry) = longest.filter(|entry| !entry.is_new(now)) else {
            self.metrics.rejected(reason);
            self.report(reason);
            return None;
        };
        self.evict(groups, &entry, reason);
        Some(())
    }

    fn evict(&self, groups: &mut Groups, entry: &Entry, reason: LimitReason) {
        groups.remove(entry);
        self.hold(entry, 0);
        entry.evict();
        self.metrics.evicted(reason);
        self.report(reason);
    }

    /// Logs that a limit is reached, at most once in [`REPORT_INTERVAL`].
    fn report(&self, reason: LimitReason) {
        let (now, last) = (self.microseconds(), self.last_report.load(Ordering::Relaxed));
        let is_due = last == 0 || now.saturating_sub(last) >= REPORT_INTERVAL;
        if is_due
            && self.last_report.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            let (limit, open) = (reason.name(), self.sockets_open());
            warn!(
                event = Event::ConnectionLimit.name(),
                limit, open, "connections are closed at a limit; see Connections in docs/operations.md"
            );
        }
    }

    fn sockets_open(&self) -> usize {
        self.limits.total.saturating_add(CLOSING).saturating_sub(self.sockets.available_permits())
    }

    /// Removes a connection that has closed.
    pub(super) fn remove(&self, entry: &Entry) {
        self.groups().remove(entry);
        self.hold(entry, 0);
        self.metrics.closed();
    }

    /// Sets the memory that a waiting connection holds; returns whether the budget is exceeded.
    pub(super) fn hold(&self, entry: &Entry, bytes: usize) -> bool {
        let before = entry.hold(bytes, || self.microseconds());
        let total = match bytes.checked_sub(before) {
            Some(more) => self.held.fetch_add(more, Ordering::Relaxed).saturating_add(more),
            None => self.held.fetch_sub(before - bytes, Ordering::Relaxed),
        };
        bytes > before && total > self.budget
    }

    /// Closes the connections that have held memory longest, until an eighth of the budget is free.
    pub(super) fn reclaim(&self) {
        let mut groups = self.groups();
        let mut holders: Vec<_> = groups
            .all
            .members()
            .filter_map(|entry| entry.holds().map(|(since, _)| (since, Arc::clone(entry))))
            .collect();
        holders.sort_unstable_by_key(|(since, entry)| (*since, entry.id));
        for (_, entry) in holders {
            if self.held.load(Ordering::Relaxed) <= self.budget - self.budget / 8 {
                break;
            }
            self.evict(&mut groups, &entry, LimitReason::Memory);
        }
    }

    /// Sends `Connection: close` in every further response.
    pub(crate) fn drain(&self) {
        self.drain.begin();
    }

    /// Closes idle connections, after a short time in which a request may still arrive.
    pub(crate) fn close_idle(&self) {
        self.drain.begin_closing(now());
        for entry in self.groups().all.members() {
            entry.wake();
        }
    }

    /// Returns the microseconds since the start, at least 1.
    pub(super) fn microseconds(&self) -> u64 {
        let elapsed = now().saturating_duration_since(self.started);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX).max(1)
    }

    fn is_trusted(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.limits.trusted_proxies.iter().any(|network| network.contains(&peer))
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
