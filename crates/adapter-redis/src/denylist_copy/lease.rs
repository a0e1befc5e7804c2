//! Until when the copy may answer.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use time::OffsetDateTime;

/// How long the copy may answer after the sending of the last `PING` that was answered.
pub(crate) const LEASE: Duration = Duration::from_secs(2);

/// One moment, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// On the one that never goes back. It stands still while the machine sleeps.
    pub(crate) instant: Instant,
    /// On the one that shows the time of day, in milliseconds since 1970.
    pub(crate) unix_millis: i64,
}

/// From the sending of the last `PING` that was answered, for the length of a lease, by both clocks.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    /// When it began, in nanoseconds after the origin; there is none where it is zero.
    began: AtomicU64,
    /// When it began by the time of day.
    began_at: AtomicI64,
    /// Held while it begins or ends.
    changing: Mutex<()>,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { instant: clock.instant(), unix_millis: unix_millis(clock.now()) }
    }

    /// The start of a request, which costs no look at a clock. What the copy answers is true for requests that start within a
    /// lease of the `PING`; who verifies starts the time of the request just before he asks.
    pub(crate) fn of(request_time: RequestTime) -> Self {
        Self { instant: request_time.started(), unix_millis: unix_millis(request_time.now()) }
    }
}

impl Lease {
    /// Tells whether it holds at this moment, which is given in nanoseconds after the origin and in milliseconds since 1970.
    pub(crate) fn holds(&self, now: u64, unix_millis: i64) -> bool {
        let began = self.began.load(Ordering::Acquire);
        let age = Duration::from_nanos(now.saturating_sub(began));
        let slept = unix_millis.saturating_sub(self.began_at.load(Ordering::Acquire));
        let slept = Duration::from_millis(u64::try_from(slept).unwrap_or(0));
        began != 0 && age <= LEASE && slept <= LEASE
    }

    /// Begins it anew, unless the connection that its `PING` was answered on `is_lost`; tells whether it did.
    ///
    /// Whoever loses a connection says so first, and ends the lease then: in whatever order the two come, it is over.
    pub(crate) fn begin(&self, is_lost: &AtomicBool, now: u64, unix_millis: i64) -> bool {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_good = !is_lost.load(Ordering::Acquire);
        if is_good {
            self.began_at.store(unix_millis, Ordering::Release);
            self.began.store(now.max(1), Ordering::Release);
        }
        is_good
    }

    pub(crate) fn end(&self) {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.began.store(0, Ordering::Release);
    }
}

fn unix_millis(time: OffsetDateTime) -> i64 {
    time.unix_timestamp().saturating_mul(1_000).saturating_add(time.millisecond().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_783_684_800_000;
    const SECOND: u64 = 1_000_000_000;

    fn begun() -> Lease {
        let lease = Lease::default();
        assert!(lease.begin(&AtomicBool::new(false), 7 * SECOND, NOON));
        lease
    }

    #[test]
    fn a_lease_holds_for_two_seconds_after_the_ping_that_was_answered() {
        assert!(!Lease::default().holds(0, 0), "nothing was confirmed yet");
        let lease = begun();
        assert!(lease.holds(7 * SECOND, NOON) && lease.holds(9 * SECOND, NOON + 2_000));
        assert!(!lease.holds(9 * SECOND + 1, NOON + 2_000));
        lease.end();
        assert!(!lease.holds(7 * SECOND, NOON));
    }

    /// The monotonic clock stands still while a machine sleeps; the world goes on.
    #[test]
    fn a_machine_that_has_slept_trusts_nothing_from_before() {
        let lease = begun();
        assert!(!lease.holds(7 * SECOND, NOON + 2_001));
        assert!(!lease.holds(7 * SECOND, NOON + 300_000));
        assert!(
            lease.holds(7 * SECOND, NOON - 300_000),
            "a clock that was set back is judged by the other one"
        );
    }

    #[test]
    fn an_answer_on_a_connection_that_is_lost_begins_nothing() {
        let (lease, is_lost) = (begun(), AtomicBool::new(true));
        lease.end();
        assert!(!lease.begin(&is_lost, 8 * SECOND, NOON));
        assert!(!lease.holds(8 * SECOND, NOON));
        assert!(lease.begin(&AtomicBool::new(false), 8 * SECOND, NOON));
        assert!(lease.holds(8 * SECOND, NOON));
    }
}
