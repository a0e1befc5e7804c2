//! The real sources of time and chance: the only place that asks the operating system for either.

use std::time::{Instant, SystemTime};

use async_trait::async_trait;
use auth_domain::ports::{Clock, Entropy, PortError};
use time::OffsetDateTime;

/// The clocks of the operating system.
pub(crate) struct SystemClock;

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

/// The operating system's generator for secrets.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is what the Entropy port stands for")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(PortError::unavailable)
    }
}
