//! The task that keeps the copy current.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::ports::{Clock, PortError};
use tokio::task::AbortHandle;
use tracing::{info, warn};

use super::copy::Copy;
use super::feed::Feed;
use crate::error::StepError;
use crate::store::RedisStore;

/// How often a sign of life is asked for: one that is late, or even lost, must not end the lease.
const BEAT: Duration = Duration::from_millis(500);
/// How long a follower that has lost its connection waits before it makes another.
const PAUSE: Duration = Duration::from_millis(200);
/// After so many signs of life, what is over is forgotten.
const SWEEP_EVERY: u32 = 60;

/// The running task; it ends when this is dropped.
pub(super) struct Follower {
    task: AbortHandle,
}

impl Follower {
    pub(super) fn start(store: &RedisStore, copy: &Arc<Copy>) -> Self {
        let following =
            Following { store: store.clone(), copy: Arc::clone(copy), clock: store.shared_clock() };
        Self { task: tokio::spawn(following.run()).abort_handle() }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Following {
    store: RedisStore,
    copy: Arc<Copy>,
    clock: Arc<dyn Clock>,
}

impl Following {
    async fn run(self) {
        let mut was_current = true;
        loop {
            let Err(cause) = self.follow(&mut was_current).await;
            self.copy.distrust();
            if let StepError::WrongServer(_) = cause {
                // The shared connections lead to the same server.
                self.store.give_up_all();
            }
            if was_current {
                let cause = PortError::from(cause);
                let (kind, reason) = (cause.kind(), cause.source().map(ToString::to_string));
                warn!(event = "denylist_copy_lost", %kind, reason, "the copy of the denylist is not current; Redis is asked");
                was_current = false;
            }
            self.clock.sleep_until(self.clock.instant() + PAUSE).await;
        }
    }

    /// Follows until that fails, and notes when the copy has become current.
    async fn follow(&self, is_current: &mut bool) -> Result<Infallible, StepError> {
        let mut feed = Feed::open(self.store.following(), &self.copy, &self.clock).await?;
        feed.load().await?;
        feed.confirm().await?;
        info!(
            event = "denylist_copy_current",
            entries = self.copy.len(),
            "the copy of the denylist is current"
        );
        *is_current = true;
        for beat in 1_u32.. {
            self.listen(&mut feed, self.clock.instant() + BEAT).await?;
            feed.confirm().await?;
            if beat % SWEEP_EVERY == 0 {
                self.sweep();
            }
        }
        Err(StepError::unanswered())
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
