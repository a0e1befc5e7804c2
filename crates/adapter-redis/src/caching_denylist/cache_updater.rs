//! The task that keeps the denylist cache up to date.

use std::convert::Infallible;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::model::Event;
use auth_domain::ports::{Clock, PortError, PortErrorKind};
use tokio::task::AbortHandle;
use tracing::{info, warn};

use super::tracking_connection::TrackingConnection;
use crate::denylist_cache::DenylistCache;
use crate::error::{StoreError, StoreResult};
use crate::store::RedisStore;

/// A fraction of the trust lease, so that one late heartbeat does not end it.
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
/// The backoff after a lost connection: it doubles with each failure, up to the maximum, and is then jittered by a half.
/// Loading the cache reads all keys, and all instances may lose their connections at the same time.
const MIN_BACKOFF: Duration = Duration::from_millis(200);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// A connection with this many heartbeats resets the backoff.
const STABLE_HEARTBEATS: u32 = 20;
/// Expired entries are removed once in this many heartbeats.
const CLEANUP_INTERVAL: u32 = 60;

/// The running task; it ends when this value is dropped.
pub(super) struct CacheUpdater {
    task: AbortHandle,
}

impl CacheUpdater {
    pub(super) fn start(store: &RedisStore, cache: &Arc<DenylistCache>) -> Self {
        let (store, cache) = (store.clone(), Arc::clone(cache));
        let update = Update { store, cache, jitter: RandomState::new() };
        Self { task: tokio::spawn(update.run()).abort_handle() }
    }

    /// Opens a tracking connection and sends each of its commands once.
    pub(super) async fn try_out(store: &RedisStore) -> StoreResult<()> {
        let clock = store.clock();
        let cache = Arc::new(DenylistCache::new(clock.instant(), Duration::ZERO));
        TrackingConnection::open(store.connections(), &cache).await?.try_out().await
    }
}

impl Drop for CacheUpdater {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Update {
    store: RedisStore,
    cache: Arc<DenylistCache>,
    /// Not cryptographic: it only spreads reconnects.
    jitter: RandomState,
}

impl Update {
    async fn run(self) {
        let (mut backoff, mut logged) = (MIN_BACKOFF, None);
        loop {
            let mut heartbeats = 0;
            let Err(error) = self.track(&mut heartbeats).await;
            self.cache.end_trust();
            if let StoreError::Replica(_) = error {
                self.store.connections().discard_all();
            }
            if heartbeats > 0 {
                logged = None;
            }
            log_lost(&error.into(), &mut logged);
            let is_stable = heartbeats >= STABLE_HEARTBEATS;
            backoff = if is_stable { MIN_BACKOFF } else { MAX_BACKOFF.min(backoff * 2) };
            self.clock().sleep_until(self.clock().instant() + self.jittered(backoff)).await;
        }
    }

    /// Tracks the denylist over one connection until it fails, and counts its heartbeats.
    async fn track(&self, heartbeats: &mut u32) -> StoreResult<Infallible> {
        let mut tracking = TrackingConnection::open(self.store.connections(), &self.cache).await?;
        tracking.load().await?;
        tracking.send_heartbeat().await?;
        info!(
            event = Event::DenylistCacheCurrent.name(),
            entries = self.cache.len(),
            "the denylist cache is in use"
        );
        loop {
            if heartbeats.is_multiple_of(CLEANUP_INTERVAL) {
                self.clean_up();
            }
            *heartbeats = heartbeats.saturating_add(1);
            self.receive(&mut tracking, self.clock().instant() + HEARTBEAT_INTERVAL).await?;
            tracking.send_heartbeat().await?;
        }
    }

    /// Handles invalidations until the next heartbeat is due.
    async fn receive(&self, tracking: &mut TrackingConnection, until: Instant) -> StoreResult<()> {
        loop {
            let invalidated = tokio::select! {
                biased;
                () = self.clock().sleep_until(until) => return Ok(()),
                invalidated = tracking.invalidations() => invalidated?,
            };
            tracking.ask_lifetimes(&invalidated).await?;
        }
    }

    /// Runs on a thread for blocking work, because a million entries take a while.
    fn clean_up(&self) {
        let (cache, now) = (Arc::clone(&self.cache), self.clock().instant());
        tokio::task::spawn_blocking(move || cache.clean_up(now));
    }

    /// Returns between a half and all of a backoff, so that instances do not reconnect at the same time.
    fn jittered(&self, backoff: Duration) -> Duration {
        let share = self.jitter.hash_one(self.clock().instant()) % 1_000;
        backoff / 2 + backoff / 2_000 * u32::try_from(share).unwrap_or(0)
    }

    fn clock(&self) -> &dyn Clock {
        &**self.store.clock()
    }
}

/// Logs why the cache is not in use, once for each kind of error.
fn log_lost(error: &PortError, logged: &mut Option<PortErrorKind>) {
    let (kind, reason) = (error.kind(), error.source().map(ToString::to_string));
    if logged.replace(kind) != Some(kind) {
        warn!(
            event = Event::DenylistCacheLost.name(),
            %kind,
            reason,
            "the denylist cache is not in use; each verification asks Redis"
        );
    }
}
