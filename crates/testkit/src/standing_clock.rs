//! A clock that stands until the test advances it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::ports::Clock;
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::request_time::START;

/// A [`Clock`] whose monotonic clock and time of day stand until the test advances them.
///
/// A [`TestClock`](crate::TestClock) has the real monotonic clock, on which deadlines of real stores pass.
pub struct StandingClock {
    start: Instant,
    elapsed: watch::Sender<Duration>,
}

impl StandingClock {
    /// Returns a clock that stands at [`START`].
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "an instant has no other source")]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), elapsed: watch::Sender::default() })
    }

    /// Advances the time, and lets the tasks of this runtime run that wait for it.
    pub async fn advance(&self, by: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed += by);
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> OffsetDateTime {
        START + *self.elapsed.borrow()
    }

    fn instant(&self) -> Instant {
        self.start + *self.elapsed.borrow()
    }

    async fn sleep_until(&self, until: Instant) {
        let start = self.start;
        let mut elapsed = self.elapsed.subscribe();
        elapsed.wait_for(|elapsed| start + *elapsed >= until).await.expect("`self` holds the sender");
    }
}
