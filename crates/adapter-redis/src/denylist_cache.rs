//! The in-process cache of the denylist: its entries, and until when they may be trusted.

mod cached_entry;
#[cfg(test)]
mod tests;
mod trust_lease;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use auth_domain::model::TokenId;
use dashmap::{DashMap, Entry};

pub(crate) use self::cached_entry::Lifetime;
use self::cached_entry::{CachedEntry, NANOSECONDS_IN_SECOND, NEVER, tenths};
use self::trust_lease::TrustLease;
pub(crate) use self::trust_lease::{LEASE_DURATION, LocalTime};

/// How long a provisional entry is kept if Redis is never asked for its lifetime: longer than access tokens live.
const PROVISIONAL_LIFETIME: Duration = Duration::from_hours(24);
/// How long an entry is kept after its end. Redis reports the end too, and its lifetime must not be asked for again then.
const CLEANUP_DELAY: Duration = Duration::from_mins(5);
/// Readers of one shard do not wait for the cleanup of another.
const SHARDS: usize = 64;

type LagObserver = Box<dyn Fn(Duration) + Send + Sync>;

/// The revoked tokens that this process knows. Entries are added and prolonged, and never removed before their time.
pub(crate) struct DenylistCache {
    origin: Instant,
    /// The lifetime of an entry that Redis no longer has when it is asked: it has expired, or another client deleted it.
    gone_lifetime: Duration,
    lease: TrustLease,
    entries: DashMap<[u8; 16], CachedEntry, foldhash::fast::RandomState>,
    misses: AtomicU64,
    lag_observer: OnceLock<LagObserver>,
}

impl DenylistCache {
    /// Creates an empty cache that is not trusted yet.
    pub(crate) fn new(origin: Instant, gone_lifetime: Duration) -> Self {
        Self {
            origin,
            gone_lifetime,
            lease: TrustLease::default(),
            entries: DashMap::with_hasher_and_shard_amount(foldhash::fast::RandomState::default(), SHARDS),
            misses: AtomicU64::new(0),
            lag_observer: OnceLock::new(),
        }
    }

    /// Returns whether a token without an entry is known not to be revoked.
    pub(crate) fn is_trusted(&self, now: LocalTime) -> bool {
        self.lease.is_valid(self.nanoseconds(now.instant), now.unix_milliseconds)
    }

    pub(crate) fn contains(&self, id: TokenId, now: Instant) -> bool {
        self.entries.get(id.as_bytes()).is_some_and(|entry| !entry.is_expired(self.tenths(now)))
    }

    /// Renews the trust after the reply to a heartbeat, unless its connection `is_lost`. Returns whether it did.
    pub(crate) fn renew_trust(&self, is_lost: &AtomicBool, sent: LocalTime, received: Instant) -> bool {
        let is_trusted = self.lease.renew(is_lost, self.nanoseconds(sent.instant), sent.unix_milliseconds);
        if let Some(observer) = self.lag_observer.get() {
            observer(received.saturating_duration_since(sent.instant));
        }
        is_trusted
    }

    pub(crate) fn end_trust(&self) {
        self.lease.end();
    }

    /// Revokes a token whose key was invalidated, until its lifetime is known.
    pub(crate) fn invalidate(&self, id: TokenId, now: Instant) {
        let expires_at = self.expiry(now, PROVISIONAL_LIFETIME);
        let (provisional, now) = (CachedEntry { expires_at, is_provisional: true }, self.tenths(now));
        let entry = self.entries.entry(*id.as_bytes());
        entry.and_modify(|entry| *entry = entry.invalidated(now, provisional)).or_insert(provisional);
    }

    /// Revokes a token for as long as Redis keeps its entry.
    pub(crate) fn set_lifetime(&self, id: TokenId, lifetime: Lifetime, now: Instant) {
        let learned = match lifetime {
            Lifetime::Left(left) => self.expiry(now, left),
            Lifetime::Endless => NEVER,
            Lifetime::Gone => self.expiry(now, self.gone_lifetime),
        };
        match self.entries.entry(*id.as_bytes()) {
            Entry::Occupied(mut entry) => {
                let updated = entry.get().with_lifetime(lifetime, learned, self.tenths(now));
                entry.insert(updated);
            }
            Entry::Vacant(entry) if lifetime != Lifetime::Gone => {
                entry.insert(CachedEntry { expires_at: learned, is_provisional: false });
            }
            Entry::Vacant(_) => {}
        }
    }

    /// Removes expired entries.
    pub(crate) fn clean_up(&self, now: Instant) {
        let oldest = self.tenths(now).saturating_sub(tenths(CLEANUP_DELAY));
        self.entries.retain(|_, entry| entry.expires_at >= oldest);
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    pub(crate) fn count_miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets the observer of the time that each heartbeat takes. Only the first call has an effect.
    pub(crate) fn observe_lag(&self, observer: LagObserver) {
        drop(self.lag_observer.set(observer));
    }

    fn nanoseconds(&self, instant: Instant) -> u64 {
        let age = instant.saturating_duration_since(self.origin);
        let seconds = age.as_secs().saturating_mul(NANOSECONDS_IN_SECOND.into());
        seconds.saturating_add(age.subsec_nanos().into())
    }

    fn expiry(&self, now: Instant, lifetime: Duration) -> u32 {
        tenths(now.saturating_duration_since(self.origin).saturating_add(lifetime))
    }

    fn tenths(&self, instant: Instant) -> u32 {
        tenths(instant.saturating_duration_since(self.origin))
    }
}
