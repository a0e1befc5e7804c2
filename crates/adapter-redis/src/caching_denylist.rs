//! The denylist with a cache in the process.

mod cache_updater;
mod invalidations;
mod tracking_connection;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId};
use auth_domain::ports::{Check, Denylist, PortError};
use tracing::instrument;

use self::cache_updater::CacheUpdater;
use crate::denylist::{RedisDenylist, RevocationPolicy};
use crate::denylist_cache::{DenylistCache, LEASE_DURATION, LocalTime};
use crate::store::RedisStore;

/// A [`RedisDenylist`] with an in-process cache, so that a check needs no round trip.
///
/// Redis reports every write to the denylist, by any client, over a tracking connection (client tracking in broadcast
/// mode). The cache is trusted only within [`MAX_LAG`](Self::MAX_LAG) of a heartbeat on the same connection that was
/// answered: replies and invalidations arrive in order, so the cache then contains everything that Redis had
/// acknowledged before the heartbeat. While it is not trusted, each check asks Redis. If Redis cannot be asked, the
/// check is an error, never a stale `false`.
///
/// What this process revokes is in its cache at once. What other processes revoke is in it within
/// [`USUAL_LAG`](Self::USUAL_LAG) as a rule, and within `MAX_LAG` always. Entries are never removed before their time, even
/// if Redis has lost them.
#[derive(Clone)]
pub struct CachingDenylist {
    /// Answers while the cache is not trusted.
    denylist: RedisDenylist,
    cache: Arc<DenylistCache>,
    /// Runs until the last clone is dropped.
    _updater: Arc<CacheUpdater>,
}

/// The state of a denylist cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenylistCacheState {
    /// Whether the cache answers checks now.
    pub is_trusted: bool,
    /// The number of revoked tokens in the cache.
    pub entries: usize,
    /// The number of checks that had to ask Redis since the start.
    pub misses: u64,
}

impl CachingDenylist {
    /// The time within which 99 of 100 revocations by other processes are in the cache, if network and machine are not
    /// overloaded.
    pub const USUAL_LAG: Duration = Duration::from_millis(50);
    /// The time within which every revocation by another process has an effect. After it the cache is not trusted.
    pub const MAX_LAG: Duration = LEASE_DURATION;

    /// Starts the cache, and a task on the current tokio runtime that keeps it up to date.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start(store: &RedisStore, policy: RevocationPolicy) -> Self {
        let cache = Arc::clone(store.denylist_cache(policy.max_entry_lifetime()));
        let updater = Arc::new(CacheUpdater::start(store, &cache));
        Self { denylist: RedisDenylist::new(store, policy), cache, _updater: updater }
    }

    /// Returns the same cache, which asks Redis over the connections of `store` while it is not trusted.
    #[must_use]
    pub fn on(&self, store: &RedisStore) -> Self {
        Self { denylist: self.denylist.on(store), ..self.clone() }
    }

    /// Checks whether the server allows client tracking of its denylist.
    pub async fn diagnose(store: &RedisStore) -> Check {
        match CacheUpdater::try_out(store).await {
            Ok(()) => Check::ok("its denylist can be cached (TOKENS__VERIFICATION=cached)"),
            Err(error) => {
                let error = PortError::from(error);
                let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                Check::warning(format!(
                    "its denylist cannot be cached ({reason}), so each verification asks Redis; grant this user ping, \
                     pttl, scan and client|tracking, or set TOKENS__VERIFICATION=strict"
                ))
            }
        }
    }

    /// Returns the state of the cache.
    #[must_use]
    pub fn state(&self) -> DenylistCacheState {
        DenylistCacheState {
            is_trusted: self.cache.is_trusted(LocalTime::now(self.denylist.clock())),
            entries: self.cache.len(),
            misses: self.cache.misses(),
        }
    }

    /// Sets the observer of the lag, which is called about twice a second: what Redis had acknowledged before a heartbeat
    /// was in the cache after this time. Only the first call has an effect.
    pub fn observe_lag(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        self.cache.observe_lag(Box::new(observer));
    }
}

#[async_trait]
impl Denylist for CachingDenylist {
    #[instrument(level = "debug", skip_all)]
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError> {
        let now = LocalTime::of_request(request_time);
        // The trust is read first. In the other order, an entry could arrive and the cache become trusted between the two
        // reads, and a revoked token would be accepted.
        let is_trusted = self.cache.is_trusted(now);
        let is_revoked = self.cache.contains(id, now.instant);
        if is_trusted || is_revoked {
            return Ok(is_revoked);
        }
        self.cache.count_miss();
        self.denylist.contains(id, request_time).await
    }

    #[instrument(level = "debug", skip_all)]
    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        self.denylist.add(token, request_time).await
    }
}
