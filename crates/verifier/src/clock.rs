//! The real clock: the only place that asks the operating system for the time.

use std::time::{Instant, SystemTime};

use async_trait::async_trait;
use auth_domain::ports::Clock;
use time::OffsetDateTime;

/// The clocks of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is what the Clock port stands for")]
    fn now(&self) -> OffsetDateTime {
        SystemTime::now().into()
    }

    #[expect(clippy::disallowed_methods, reason = "this is what the Clock port stands for")]
    fn instant(&self) -> Instant {
        Instant::now()
    }

    async fn sleep_until(&self, until: Instant) {
        tokio::time::sleep_until(until.into()).await;
    }
}
