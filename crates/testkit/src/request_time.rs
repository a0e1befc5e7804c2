//! The times that cases call at.

use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use time::OffsetDateTime;
use time::macros::datetime;

/// When most cases begin.
///
/// Not on a whole second, so that a store which drops the fraction is found out.
pub const START: OffsetDateTime = datetime!(2026-01-05 09:00:00.7 UTC);

/// Returns the time of a request at `now` that may take five real seconds from here.
#[must_use]
pub fn request_time_at(now: OffsetDateTime) -> RequestTime {
    RequestTime::new(now, real_instant(), Duration::from_secs(5))
}

/// Returns the time of a request at `now` whose caller has given up a second ago.
#[must_use]
pub fn request_time_past_its_deadline(now: OffsetDateTime) -> RequestTime {
    RequestTime::new(now, real_instant() - Duration::from_secs(1), Duration::ZERO)
}

/// Asks again and again until `condition` holds; returns whether it did in time.
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
