//! The request times of the cases.

use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use time::OffsetDateTime;
use time::macros::datetime;

/// The time at which most cases begin.
///
/// It is not a whole second, so that a store that drops the fraction fails.
pub const START: OffsetDateTime = datetime!(2026-01-05 09:00:00.7 UTC);

/// Returns the request time at `now`, with a deadline in five real seconds.
#[must_use]
pub fn request_time_at(now: OffsetDateTime) -> RequestTime {
    RequestTime::new(now, real_instant(), Duration::from_secs(5))
}

/// Returns the request time at `now`, with a deadline one real second ago.
#[must_use]
pub fn request_time_past_its_deadline(now: OffsetDateTime) -> RequestTime {
    RequestTime::new(now, real_instant() - Duration::from_secs(1), Duration::ZERO)
}

/// Polls `condition` until it holds or `limit` has passed; returns whether it held.
pub async fn holds_within<F>(limit: Duration, condition: impl Fn() -> F) -> bool
where
    F: Future<Output = bool>,
{
    let last = real_instant() + limit;
    loop {
        if condition().await {
            return true;
        }
        if real_instant() > last {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "deadlines of real stores pass in real time")]
pub(crate) fn real_instant() -> Instant {
    Instant::now()
}
