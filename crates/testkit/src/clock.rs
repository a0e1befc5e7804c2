//! A clock that moves when told to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auth_domain::ports::Clock;
use time::OffsetDateTime;
use time::macros::datetime;

/// A [`Clock`] whose time of day a test moves; its monotonic side is real.
pub struct TestClock {
    time_of_day: Mutex<TimeOfDay>,
}

enum TimeOfDay {
    /// Stands still until it is advanced.
    Standing(OffsetDateTime),
    /// Runs ahead of the clock of this machine by this time.
    Running { ahead: Duration },
}

impl TestClock {
    /// Starts on a Monday morning and stands still.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Self::with(TimeOfDay::Standing(datetime!(2026-01-05 09:00 UTC)))
    }

    /// Runs with the clock of this machine, which every server of a test uses. A store that compares the two clocks
    /// needs it. The `now` of a request may still be any time.
    #[must_use]
    pub fn of_this_machine() -> Arc<Self> {
        Self::with(TimeOfDay::Running { ahead: Duration::ZERO })
    }

    fn with(time_of_day: TimeOfDay) -> Arc<Self> {
        Arc::new(Self { time_of_day: Mutex::new(time_of_day) })
    }

    /// Moves the time of day forward.
    pub fn advance(&self, by: Duration) {
        match &mut *self.time_of_day.lock().unwrap_or_else(PoisonError::into_inner) {
            TimeOfDay::Standing(now) => *now += by,
            TimeOfDay::Running { ahead } => *ahead += by,
        }
    }
}

#[async_trait]
impl Clock for TestClock {
    #[expect(clippy::disallowed_methods, reason = "the clock of a real server is compared with it")]
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
