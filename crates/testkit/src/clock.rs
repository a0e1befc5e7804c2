//! A clock that moves when told to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::ports::Clock;
use time::OffsetDateTime;
use time::macros::datetime;

/// A [`Clock`] whose time of day stands still until it is advanced; its monotonic side is real.
pub struct TestClock {
    now: Mutex<OffsetDateTime>,
}

impl TestClock {
    /// Starts on a Monday morning.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(datetime!(2026-01-05 09:00 UTC)) })
    }

    /// Moves the time of day forward.
    pub fn advance(&self, by: Duration) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::disallowed_methods, reason = "deadlines of real stores pass in real time")]
    fn instant(&self) -> Instant {
        Instant::now()
    }

    async fn sleep_until(&self, until: Instant) {
        tokio::time::sleep_until(until.into()).await;
    }
}
