//! The clock of the operating system.

use std::time::{Instant, SystemTime};

use async_trait::async_trait;
use auth_domain::ports::Clock;
use time::OffsetDateTime;

/// The clock of the operating system. No other code reads the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the real implementation of the port Clock")]
    fn now(&self) -> OffsetDateTime {
        SystemTime::now().into()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the real implementation of the port Clock")]
    fn instant(&self) -> Instant {
        Instant::now()
    }

    async fn sleep_until(&self, until: Instant) {
        tokio::time::sleep_until(until.into()).await;
    }
}
