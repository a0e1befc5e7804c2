//! When a request happens, and until when it may take.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// The time of one request: the instant that all its rules are judged by, and its deadline.
///
/// Every store call carries one, so that a call which is still queued when its caller has already
/// been told "unavailable" can be dropped instead of taking effect late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestTime {
    now: OffsetDateTime,
    started: Instant,
    deadline: Instant,
}

impl RequestTime {
    /// Starts at `now`, which the monotonic clock calls `started`, with `allowed` to spend.
    #[must_use]
    pub fn new(now: OffsetDateTime, started: Instant, allowed: Duration) -> Self {
        Self { now, started, deadline: started + allowed }
    }

    /// Returns the instant by which expiry, windows and lifetimes are judged.
    #[must_use]
    pub const fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// Returns the start on the monotonic clock.
    #[must_use]
    pub const fn started(&self) -> Instant {
        self.started
    }

    /// Returns the instant after which nothing may be begun any more.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns the same request time with another `now`, for a store that has a better clock.
    #[must_use]
    pub const fn with_now(self, now: OffsetDateTime) -> Self {
        Self { now, ..self }
    }

    /// Returns the same time with a deadline at most `limit` after the start.
    #[must_use]
    pub fn at_most(self, limit: Duration) -> Self {
        Self { deadline: self.deadline.min(self.started + limit), ..self }
    }
}
