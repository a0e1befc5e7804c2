//! The clock of the Redis server: its offset, on which deadlines depend, and its skew.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use auth_domain::model::to_microseconds;
use auth_domain::ports::Clock;
use redis::aio::MultiplexedConnection;

use crate::error::{StoreError, StoreResult};

/// The largest accepted difference between the clock of the server and ours, in microseconds. With a larger one, tokens
/// would begin or end at the wrong time.
pub(crate) const MAX_SKEW: i64 = 2_000_000;
/// A sample with a shorter round trip is not repeated.
const GOOD_ROUND_TRIP: Duration = Duration::from_millis(5);
const MAX_SAMPLES: usize = 3;
/// No sample starts later than this after the first one: a connection over a slow network must be open within its timeout, and
/// another sample would hardly be better.
const SAMPLING_TIME: Duration = Duration::from_millis(100);

/// A time of the server clock, and when it was asked for.
#[derive(Clone, Copy)]
pub(crate) struct ClockSample {
    pub(crate) unix_microseconds: i64,
    pub(crate) sent: Instant,
    pub(crate) received: Instant,
}

/// The offset of the server clock from the monotonic clock of this process, in microseconds.
///
/// A script compares its deadline with the server clock, so that a command that a frozen server executes late does
/// nothing. The offset is never too large: a deadline may be early by the round trip of the sample, but not late.
#[derive(Debug)]
pub(crate) struct ServerClock {
    origin: Instant,
    offset: AtomicI64,
}

impl ClockSample {
    /// Asks the server for its time, a few times if the round trip is long, because a long one makes deadlines early.
    pub(crate) async fn take(connection: &mut MultiplexedConnection, clock: &dyn Clock) -> StoreResult<Self> {
        let (first, mut best) = (clock.instant(), None::<Self>);
        for _ in 0..MAX_SAMPLES {
            let sent = clock.instant();
            let time = redis::cmd("TIME").query_async(connection).await;
            let (seconds, microseconds): (i64, i64) = time.map_err(StoreError::from_answer)?;
            let seconds = seconds.saturating_mul(to_microseconds(Duration::from_secs(1)));
            let unix_microseconds = seconds.saturating_add(microseconds);
            let sample = Self { unix_microseconds, sent, received: clock.instant() };
            if best.is_none_or(|best| sample.round_trip() < best.round_trip()) {
                best = Some(sample);
            }
            let is_late = sample.received >= first + SAMPLING_TIME;
            if is_late || sample.round_trip() < GOOD_ROUND_TRIP {
                break;
            }
        }
        best.ok_or_else(StoreError::timeout)
    }

    /// Returns the largest possible error of the sample.
    pub(crate) fn round_trip(&self) -> Duration {
        self.received.saturating_duration_since(self.sent)
    }
}

impl ServerClock {
    pub(crate) fn new(origin: Instant, sample: ClockSample) -> Self {
        let clock = Self { origin, offset: AtomicI64::new(0) };
        clock.update(sample);
        clock
    }

    /// Takes over a new sample, because clocks are adjusted while the service runs.
    pub(crate) fn update(&self, sample: ClockSample) {
        let offset = sample.unix_microseconds.saturating_sub(self.local(sample.received));
        self.offset.store(offset, Ordering::Relaxed);
    }

    /// Converts an instant to Unix microseconds of the server clock.
    pub(crate) fn at(&self, instant: Instant) -> i64 {
        self.local(instant).saturating_add(self.offset.load(Ordering::Relaxed))
    }

    fn local(&self, instant: Instant) -> i64 {
        to_microseconds(instant.saturating_duration_since(self.origin))
    }
}

/// Returns the error text for a server clock that is ahead of ours by `skew` microseconds.
pub(crate) fn skew_text(skew: i64) -> String {
    let seconds = skew.saturating_abs() / 1_000_000;
    let direction = if skew < 0 { "behind" } else { "ahead of" };
    format!("the clock of Redis is {seconds} s {direction} ours; synchronise both machines by NTP")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "an `Instant` cannot be constructed, only read or moved")]
    fn instants_are_converted_by_the_latest_sample() {
        let origin = Instant::now();
        let sample = |unix_microseconds, seconds| {
            let received = origin + Duration::from_secs(seconds);
            ClockSample { unix_microseconds, sent: received, received }
        };
        let clock = ServerClock::new(origin, sample(1_000_000, 2));
        assert_eq!(clock.at(origin + Duration::from_secs(5)), 4_000_000);
        clock.update(sample(9_000_000, 5));
        assert_eq!(clock.at(origin + Duration::from_secs(5)), 9_000_000);
    }
}
