//! A clock whose time of day is set by the test.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::ports::Clock;
use time::OffsetDateTime;
use time::macros::datetime;

/// A [`Clock`] whose time of day is advanced by the test. Its monotonic clock is the real one.
pub struct TestClock {
    time_of_day: Mutex<TimeOfDay>,
}

enum TimeOfDay {
    /// Fixed until the test advances it.
    Standing(OffsetDateTime),
    /// The clock of this machine plus `ahead`.
    Running { ahead: time::Duration },
}

impl TestClock {
    /// Returns a clock that is fixed at 2026-01-05 09:00 UTC.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Self::with(TimeOfDay::Standing(datetime!(2026-01-05 09:00 UTC)))
    }

    /// Returns a clock that runs with the clock of this machine, which the servers under test use.
    ///
    /// A store that compares its own clock with the server's clock needs it. The `now` of a request may be any time.
    #[must_use]
    pub fn of_this_machine() -> Arc<Self> {
        Self::with(TimeOfDay::Running { ahead: time::Duration::ZERO })
    }

    fn with(time_of_day: TimeOfDay) -> Arc<Self> {
        Arc::new(Self { time_of_day: Mutex::new(time_of_day) })
    }

    /// Advances the time of day.
    pub fn advance(&self, by: Duration) {
        match &mut *self.time_of_day.lock().unwrap_or_else(PoisonError::into_inner) {
            TimeOfDay::Standing(now) => *now += by,
            TimeOfDay::Running { ahead } => *ahead += by,
        }
    }

    /// Sets the time of day back.
    pub fn set_back(&self, by: Duration) {
        match &mut *self.time_of_day.lock().unwrap_or_else(PoisonError::into_inner) {
            TimeOfDay::Standing(now) => *now -= by,
            TimeOfDay::Running { ahead } => *ahead -= by,
        }
    }
}

#[async_trait]
impl Clock for TestClock {
    #[expect(clippy::disallowed_methods, reason = "it is compared with the clock of a real server")]
    fn now(&self) -> OffsetDateTime {
        match &*self.time_of_day.lock().unwrap_or_else(PoisonError::into_inner) {
            TimeOfDay::Standing(now) => *now,
            TimeOfDay::Running { ahead } => OffsetDateTime::now_utc() + *ahead,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "deadlines of real stores pass in real time")]
    fn instant(&self) -> Instant {
        Instant::now()
    }

    async fn sleep_until(&self, until: Instant) {
        tokio::time::sleep_until(until.into()).await;
    }
}
