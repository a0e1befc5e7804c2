//! All connections of the process, and the limits that they share.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_domain::model::ClientAddress;
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::drain::Drain;
use super::entry::Entry;
use super::group::Group;
use super::registration::Registration;
use super::timer::now;
use crate::metrics::{ConnectionMetrics, LimitReason};

/// The memory that unfinished heads, unread bodies and unsent responses may hold together, in bytes.
const MEMORY_BUDGET: usize = 48 * 1_024 * 1_024;
/// Sockets of evicted connections that may still be open beside those that count.
const CLOSING: usize = 64;

/// How many connections there may be.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionLimits {
    pub(crate) total: usize,
    /// Per address, IPv6 per /64.
    pub(crate) per_address: usize,
    /// Peers that the limit per address does not apply to: many clients share them.
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
    pub(super) metrics: ConnectionMetrics,
    started: Instant,
}

#[derive(Debug, Default)]
struct Groups {
    all: Group,
    by_address: HashMap<ClientAddress, Group>,
    next_id: u64,
}

impl Connections {
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
            metrics,
            started: now(),
        })
    }

    /// Waits until one more socket may be open: evicted connections take a moment to close theirs.
    pub(crate) async fn socket(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.sockets).acquire_owned().await.ok()
    }

    /// Returns whether one more socket may be open at once.
    pub(crate) fn try_socket(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.sockets).try_acquire_owned().ok()
    }

    /// Admits a new connection.
    ///
    /// At a limit, the connection under that limit that has waited longest for its client is closed instead.
    /// `None` if none of them waits: then the new connection has to close.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Registration> {
        let address = (!self.is_trusted(peer)).then(|| ClientAddress::new(peer));
        let mut groups = self.groups();
        if let Some(address) = address
            && groups.by_address.get(&address).is_some_and(|group| group.len() >= self.limits.per_address)
        {
            let longest = groups.by_address.get_mut(&address).and_then(Group::longest_waiting);
            self.make_room(&mut groups, longest, LimitReason::Address)?;
        }
        if groups.all.len() >= self.limits.total {
            let longest = groups.all.longest_waiting();
            self.make_room(&mut groups, longest, LimitReason::Total)?;
        }
        let entry = groups.insert(address, self.micros());
        drop(groups);
        self.metrics.opened();
        Some(Registration::new(Arc::clone(self), entry))
    }

    fn make_room(&self, groups: &mut Groups, longest: Option<Arc<Entry>>, reason: LimitReason) -> Option<()> {
        let Some(entry) = longest else {
            self.metrics.rejected(reason);
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
    }

    /// Forgets a connection that has closed.
    pub(super) fn remove(&self, entry: &Entry) {
        self.groups().remove(entry);
        self.hold(entry, 0);
        self.metrics.closed();
    }

    /// Sets the memory that a waiting connection holds; returns whether the budget is exceeded.
    pub(super) fn hold(&self, entry: &Entry, bytes: usize) -> bool {
        let before = entry.hold(bytes, || self.micros());
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

    /// Lets every further response carry `Connection: close`.
    pub(crate) fn drain(&self) {
        self.drain.begin();
    }

    /// Lets idle connections close, after a short time in which a request may still arrive.
    pub(crate) fn close_idle(&self) {
        self.drain.begin_closing(now());
        for entry in self.groups().all.members() {
            entry.wake();
        }
    }

    /// Returns the microseconds since the start, at least 1.
    pub(super) fn micros(&self) -> u64 {
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

impl Groups {
    fn insert(&mut self, address: Option<ClientAddress>, now: u64) -> Arc<Entry> {
        let entry = Arc::new(Entry::new(self.next_id, address, now));
        self.next_id += 1;
        self.all.insert(Arc::clone(&entry));
        if let Some(address) = address {
            self.by_address.entry(address).or_default().insert(Arc::clone(&entry));
        }
        entry
    }

    fn remove(&mut self, entry: &Entry) {
        self.all.remove(entry.id);
        if let Some(address) = entry.address
            && let Some(group) = self.by_address.get_mut(&address)
        {
            group.remove(entry.id);
            if group.len() == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
impl Connections {
    /// Connections that share `budget` bytes.
    pub(super) fn with_budget(total: usize, per_address: usize, budget: usize) -> Arc<Self> {
        let limits =
            ConnectionLimits { total, per_address, trusted_proxies: vec!["10.0.0.10/32".parse().unwrap()] };
        let mut connections = Self::new(limits, ConnectionMetrics::default());
        Arc::get_mut(&mut connections).unwrap().budget = budget;
        connections
    }

    pub(super) fn open(&self) -> usize {
        self.groups().all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(connections: &Arc<Connections>, peer: &str) -> Option<Registration> {
        connections.admit(peer.parse().unwrap())
    }

    // S-74
    #[tokio::test]
    async fn at_the_total_limit_the_longest_waiting_connection_is_closed() {
        let connections = Connections::with_budget(2, 256, 1_000);
        let first = admit(&connections, "192.0.2.1").unwrap();
        let second = admit(&connections, "192.0.2.2").unwrap();
        let third = admit(&connections, "192.0.2.3").unwrap();
        assert!(first.is_evicted() && !second.is_evicted() && !third.is_evicted());
        second.end_wait();
        third.end_wait();
        assert!(admit(&connections, "192.0.2.4").is_none(), "none of them waits for its client");
        drop((first, second));
        assert_eq!(connections.open(), 1);
        assert!(admit(&connections, "192.0.2.4").is_some());
    }

    // S-74
    #[tokio::test]
    async fn an_address_at_its_limit_evicts_only_its_own_connections() {
        let connections = Connections::with_budget(100, 2, 1_000);
        let other = admit(&connections, "2001:db8:0:2::1").unwrap();
        let first = admit(&connections, "2001:db8:0:1::1").unwrap();
        let second = admit(&connections, "2001:db8:0:1::2").unwrap();
        let third = admit(&connections, "2001:db8:0:1:ffff::3").unwrap();
        assert!(first.is_evicted(), "one /64 is one address");
        assert!(!other.is_evicted() && !second.is_evicted() && !third.is_evicted());
    }

    #[tokio::test]
    async fn a_trusted_proxy_is_limited_by_the_total_alone() {
        let connections = Connections::with_budget(5, 1, 1_000);
        let open: Vec<_> = (0..5).filter_map(|_| admit(&connections, "::ffff:10.0.0.10")).collect();
        assert!(open.iter().all(|connection| !connection.is_evicted()));
        let _sixth = admit(&connections, "10.0.0.10").unwrap();
        assert!(open[0].is_evicted());
    }

    // S-74
    #[tokio::test]
    async fn beyond_the_memory_budget_the_longest_holders_are_closed() {
        let connections = Connections::with_budget(100, 100, 800);
        let open: Vec<_> = (0..9).filter_map(|_| admit(&connections, "192.0.2.1")).collect();
        for connection in &open[..8] {
            connection.hold(100);
        }
        assert!(open.iter().all(|connection| !connection.is_evicted()));
        open[8].hold(100);
        let evicted: Vec<_> = open.iter().map(Registration::is_evicted).collect();
        assert_eq!(evicted, [true, true, false, false, false, false, false, false, false]);
        drop(open);
        assert_eq!(connections.held.load(Ordering::Relaxed), 0);
    }
}
