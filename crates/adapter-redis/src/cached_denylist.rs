//! Revoked access tokens, kept in the process.

mod feed;
mod follower;
mod notices;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId};
use auth_domain::ports::{Check, Denylist, PortError};

use crate::denylist::RedisDenylist;
use crate::denylist_copy::{DenylistCopy, LEASE, Moment};
use crate::store::RedisStore;
use follower::Follower;

/// The [`Denylist`] of Redis as a copy in the process, so that a check is a look into memory.
///
/// A connection of its own is told by Redis of every write to the denylist (client tracking in broadcast mode), whoever
/// writes it. The copy is trusted only while a `PING` on that same connection, sent at most [`LEASE`](Self::LEASE) ago,
/// was answered: replies and notices come in order, so it holds all that Redis had acknowledged before. Otherwise Redis
/// is asked for each check, as [`RedisDenylist`] does, and who can do neither gets an error: never a stale `false`.
///
/// So what another process revokes is found here within [`USUAL_LAG`](Self::USUAL_LAG) as a rule and within the lease
/// always; what this process revokes, at once. Entries are never taken back before their time, not even by a Redis that
/// has lost them.
#[derive(Clone)]
pub struct RedisCachedDenylist {
    store: RedisStore,
    strict: RedisDenylist,
    copy: Arc<DenylistCopy>,
    /// Follows for as long as anyone holds this.
    _follower: Arc<Follower>,
}

/// How the copy is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyState {
    /// Whether checks are answered by the copy now.
    pub is_current: bool,
    /// How many revoked tokens it holds.
    pub entries: usize,
    /// How many checks had to ask Redis since the start.
    pub asked: u64,
}

impl RedisCachedDenylist {
    /// Revocations by other processes reach the copy within this time in 99 of 100 cases, on a network and a machine that
    /// are not overloaded.
    pub const USUAL_LAG: Duration = Duration::from_millis(50);
    /// Beyond this no answer is given by the copy: the longest that a revocation by another process may go unnoticed.
    pub const LEASE: Duration = LEASE;

    /// Begins to follow the denylist, in the background of the runtime that this is called on. Until the copy is
    /// complete, Redis is asked.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn follow(store: &RedisStore) -> Self {
        let copy = store.copy();
        let follower = Arc::new(Follower::start(store, &copy));
        Self { store: store.clone(), strict: RedisDenylist::new(store), copy, _follower: follower }
    }

    /// Examines whether the server lets its denylist be followed, without beginning to.
    pub async fn diagnose(store: &RedisStore) -> Check {
        match Follower::try_out(store).await {
            Ok(()) => Check::ok("its denylist can be followed (TOKENS__VERIFICATION=cached)"),
            Err(error) => {
                let error = PortError::from(error);
                let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                Check::warning(format!(
                    "its denylist cannot be followed ({reason}), so each verification asks it; grant this user ping, pttl, scan \
                     and client|tracking, or set TOKENS__VERIFICATION=strict"
                ))
            }
        }
    }

    /// Returns how the copy is doing.
    #[must_use]
    pub fn state(&self) -> CopyState {
        CopyState {
            is_current: self.copy.is_current(Moment::now(self.store.clock())),
            entries: self.copy.len(),
            asked: self.copy.asked(),
        }
    }

    /// Tells `observer` how long each sign of life took: what Redis had acknowledged before it was sent is in the copy
    /// after that time. A second observer is not heard.
    pub fn observe(&self, observer: impl Fn(Duration) + Send + Sync + 'static) {
        self.copy.observe(Box::new(observer));
    }
}

#[async_trait]
impl Denylist for RedisCachedDenylist {
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError> {
        let now = Moment::of(request_time);
        // In this order: looked up first, an entry could be missed in a copy that becomes current only afterwards.
        let is_current = self.copy.is_current(now);
        let is_held = self.copy.holds(id, now.instant);
        if is_current || is_held {
            return Ok(is_held);
        }
        self.copy.count_asked();
        self.strict.contains(id, request_time).await
    }

    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        self.strict.add(token, request_time).await
    }
}
