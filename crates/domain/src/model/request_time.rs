//! The time of a request and its deadline.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// The time at which a request started, and its deadline.
///
/// Every call of a store has it: a call that is still queued at the deadline is dropped, so that it has no effect after the
/// client got a 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTime {
    now: OffsetDateTime,
    started: Instant,
    deadline: Instant,
}

impl RequestTime {
    /// The time of a request that starts at `now`, which is `started` on the monotonic clock, with `timeout` until its
    /// deadline.
    #[must_use]
    pub fn new(now: OffsetDateTime, started: Instant, timeout: Duration) -> Self {
        Self { now, started, deadline: started + timeout }
    }

    /// The time by which expiry, windows and lifetimes are judged.
    #[must_use]
    pub const fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// The start on the monotonic clock.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// The deadline on the monotonic clock. Nothing may start after it.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The same request time with another `now`, for a store with a server clock.
    #[must_use]
    pub const fn with_now(self, now: OffsetDateTime) -> Self {
        Self { now, ..self }
    }

    /// The same request time with a deadline at most `limit` after the start.
    #[must_use]
    pub fn at_most(self, limit: Duration) -> Self {
        Self { deadline: self.deadline.min(self.started + limit), ..self }
    }
}
