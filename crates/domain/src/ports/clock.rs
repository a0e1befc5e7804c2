//! Time.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::model::RequestTime;

/// The only source of time in the program.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time in UTC.
    fn now(&self) -> OffsetDateTime;

    /// The current time of the monotonic clock, for deadlines and durations.
    fn instant(&self) -> Instant;

    /// Returns when [`instant`](Self::instant) has reached `until`.
    async fn sleep_until(&self, until: Instant);
}

/// The time of a request that starts now and has `timeout` until its deadline.
#[must_use]
pub fn start_request(clock: &dyn Clock, timeout: Duration) -> RequestTime {
    RequestTime::new(clock.now(), clock.instant(), timeout)
}
