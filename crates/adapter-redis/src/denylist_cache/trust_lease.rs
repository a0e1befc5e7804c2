//! The trust lease: until when the denylist cache may answer.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use time::OffsetDateTime;

/// How long the cache may answer after the last answered heartbeat was sent.
pub(crate) const LEASE_DURATION: Duration = Duration::from_secs(2);

/// A time on both clocks of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalTime {
    /// Never goes back, but may stand still while the machine sleeps.
    pub(crate) instant: Instant,
    /// Goes on while the machine sleeps, but may be set back.
    pub(crate) unix_milliseconds: i64,
}

/// The lease runs from the time that a heartbeat was sent, by both clocks.
#[derive(Debug, Default)]
pub(crate) struct TrustLease {
    /// In nanoseconds since the origin of the cache; zero means that there is no lease.
    began: AtomicU64,
    began_unix_milliseconds: AtomicI64,
    /// Held while the lease is renewed or ended.
    change: Mutex<()>,
}

impl LocalTime {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self { instant: clock.instant(), unix_milliseconds: unix_milliseconds(clock.now()) }
    }

    /// Returns the start of a request, without reading a clock. The verifier starts the request time just before it asks
    /// the denylist.
    pub(crate) fn of_request(request_time: RequestTime) -> Self {
        let unix_milliseconds = unix_milliseconds(request_time.now());
        Self { instant: request_time.started(), unix_milliseconds }
    }
}

impl TrustLease {
    /// `now` is in nanoseconds since the origin of the cache.
    pub(crate) fn is_valid(&self, now: u64, unix_milliseconds: i64) -> bool {
        let began = self.began.load(Ordering::Acquire);
        let age = Duration::from_nanos(now.saturating_sub(began));
        let began_unix = self.began_unix_milliseconds.load(Ordering::Acquire);
        let unix_age = u64::try_from(unix_milliseconds.saturating_sub(began_unix)).unwrap_or(0);
        began != 0 && age <= LEASE_DURATION && Duration::from_millis(unix_age) <= LEASE_DURATION
    }

    /// Renews the lease, unless the connection of the heartbeat `is_lost`. Returns whether it did.
    ///
    /// A task that loses the connection sets `is_lost` first, and then ends the lease. So in any order of the two calls the
    /// lease is over.
    pub(crate) fn renew(&self, is_lost: &AtomicBool, now: u64, unix_milliseconds: i64) -> bool {
        let _change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let is_renewed = !is_lost.load(Ordering::Acquire);
        if is_renewed {
            self.began_unix_milliseconds.store(unix_milliseconds, Ordering::Release);
            self.began.store(now.max(1), Ordering::Release);
        }
        is_renewed
    }

    pub(crate) fn end(&self) {
        let _change = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        self.began.store(0, Ordering::Release);
    }
}

fn unix_milliseconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp().saturating_mul(1_000).saturating_add(time.millisecond().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_783_684_800_000;
    const SECOND: u64 = 1_000_000_000;

    fn renewed() -> TrustLease {
        let lease = TrustLease::default();
        assert!(lease.renew(&AtomicBool::new(false), 7 * SECOND, NOON));
        lease
    }

    #[test]
    fn lease_is_valid_for_two_seconds_after_the_heartbeat_was_sent() {
        assert!(!TrustLease::default().is_valid(0, 0), "no heartbeat was answered yet");
        let lease = renewed();
        assert!(lease.is_valid(7 * SECOND, NOON) && lease.is_valid(9 * SECOND, NOON + 2_000));
        assert!(!lease.is_valid(9 * SECOND + 1, NOON + 2_000));
        lease.end();
        assert!(!lease.is_valid(7 * SECOND, NOON));
    }

    /// The monotonic clock stands still while a machine sleeps.
    #[test]
    fn lease_is_over_after_the_machine_has_slept() {
        let lease = renewed();
        assert!(!lease.is_valid(7 * SECOND, NOON + 2_001));
        assert!(!lease.is_valid(7 * SECOND, NOON + 300_000));
        assert!(lease.is_valid(7 * SECOND, NOON - 300_000), "only the wall clock was set back");
    }

    #[test]
    fn heartbeat_on_a_lost_connection_renews_nothing() {
        let (lease, is_lost) = (renewed(), AtomicBool::new(true));
        lease.end();
        assert!(!lease.renew(&is_lost, 8 * SECOND, NOON));
        assert!(!lease.is_valid(8 * SECOND, NOON));
        assert!(lease.renew(&AtomicBool::new(false), 8 * SECOND, NOON));
        assert!(lease.is_valid(8 * SECOND, NOON));
    }
}
