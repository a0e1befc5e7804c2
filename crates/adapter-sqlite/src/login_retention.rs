//! The times for which the login limit needs its rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use auth_domain::model::to_microseconds;

/// The times in microseconds, which the limiter sets and the cleanup reads.
#[derive(Clone)]
pub(crate) struct LoginRetention(Arc<Times>);

struct Times {
    failures: AtomicI64,
    successes: AtomicI64,
}

impl LoginRetention {
    /// Times that are not known yet: nothing is deleted.
    pub(crate) fn unknown() -> Self {
        let unknown = || AtomicI64::new(i64::MAX);
        Self(Arc::new(Times { failures: unknown(), successes: unknown() }))
    }

    pub(crate) fn set(&self, window: Duration, known_for: Option<Duration>) {
        self.0.failures.store(to_microseconds(window), Ordering::Relaxed);
        self.0.successes.store(known_for.map_or(0, to_microseconds), Ordering::Relaxed);
    }

    pub(crate) fn failures(&self) -> i64 {
        self.0.failures.load(Ordering::Relaxed)
    }

    pub(crate) fn successes(&self) -> i64 {
        self.0.successes.load(Ordering::Relaxed)
    }
}
