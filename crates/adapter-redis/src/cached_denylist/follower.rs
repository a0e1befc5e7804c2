//! The task that keeps the copy current.

use std::convert::Infallible;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::{Clock, PortError, PortErrorKind};
use tokio::task::AbortHandle;
use tracing::{info, warn};

use super::feed::Feed;
use crate::denylist_copy::DenylistCopy;
use crate::error::StepError;
use crate::store::RedisStore;

/// How often a sign of life is asked for: one that is late must not end the lease.
const BEAT: Duration = Duration::from_millis(500);
/// How long a follower that has lost its connection waits before it makes another; twice as long after each failure, up to
/// the longest, and then as little as half of it by chance. To fill the copy takes a look at all keys, and all that follow may begin at once.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection that has lasted for so many signs of life was a good one.
const GOOD: u32 = 20;
/// After so many signs of life, what is over is forgotten.
const SWEEP_EVERY: u32 = 60;

/// The running task; it ends when this is dropped.
pub(super) struct Follower {
    task: AbortHandle,
}

impl Follower {
    pub(super) fn start(store: &RedisStore, copy: &Arc<DenylistCopy>) -> Self {
        let (copy, clock) = (Arc::clone(copy), store.shared_clock());
        let following = Following { store: store.clone(), copy, clock, chance: RandomState::new() };
        Self { task: tokio::spawn(following.run()).abort_handle() }
    }

    /// Does once all that following takes, for nobody.
    pub(super) async fn try_out(store: &RedisStore) -> Result<(), StepError> {
        let clock = store.shared_clock();
        let copy = Arc::new(DenylistCopy::new(clock.instant(), Duration::ZERO));
        Feed::open(store.following(), &copy, &clock).await?.try_out().await
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Following {
    store: RedisStore,
    copy: Arc<DenylistCopy>,
    clock: Arc<dyn Clock>,
    /// Good enough to choose a moment, and for nothing else.
    chance: RandomState,
}

impl Following {
    async fn run(self) {
        let (mut pause, mut told) = (SHORTEST_PAUSE, None);
        loop {
            let mut beats = 0;
            let Err(cause) = self.follow(&mut beats).await;
            self.copy.distrust();
            if let StepError::WrongServer(_) = cause {
                // The shared connections lead to the same server.
                self.store.give_up_all();
            }
            if beats > 0 {
                told = None;
            }
            tell(&cause.into(), &mut told);
            pause = if beats >= GOOD { SHORTEST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
            self.clock.sleep_until(self.clock.instant() + self.scattered(pause)).await;
        }
    }

    /// Follows until that fails, and counts the signs of life.
    async fn follow(&self, beats: &mut u32) -> Result<Infallible, StepError> {
        let mut feed = Feed::open(self.store.following(), &self.copy, &self.clock).await?;
        feed.load().await?;
        feed.confirm().await?;
        info!(
            event = "denylist_copy_current",
            entries = self.copy.len(),
            "the copy of the denylist is current"
        );
        loop {
            if beats.is_multiple_of(SWEEP_EVERY) {
                self.sweep();
            }
            *beats = beats.saturating_add(1);
            self.listen(&mut feed, self.clock.instant() + BEAT).await?;
            feed.confirm().await?;
        }
    }

    /// A time between half of `pause` and the whole, so that those who have lost Redis together do not come back together.
    fn scattered(&self, pause: Duration) -> Duration {
        let share = self.chance.hash_one(self.clock.instant()) % 1_000;
        pause / 2 + pause / 2_000 * u32::try_from(share).unwrap_or(0)
    }

    /// Takes what Redis tells, until it is time for a sign of life.
    async fn listen(&self, feed: &mut Feed, until: Instant) -> Result<(), StepError> {
        loop {
            let written = tokio::select! {
                biased;
                () = self.clock.sleep_until(until) => return Ok(()),
                written = feed.told() => written?,
            };
            feed.learn(&written).await?;
        }
    }

    /// Off the async threads: a million entries take a while.
    fn sweep(&self) {
        let (copy, now) = (Arc::clone(&self.copy), self.clock.instant());
        tokio::task::spawn_blocking(move || copy.sweep(now));
    }
}

/// Logs why the copy is not current, once for each kind of trouble.
fn tell(cause: &PortError, told: &mut Option<PortErrorKind>) {
    let (kind, reason) = (cause.kind(), cause.source().map(ToString::to_string));
    if told.replace(kind) != Some(kind) {
        warn!(event = "denylist_copy_lost", %kind, reason, "the copy of the denylist is not current; Redis is asked");
    }
}
