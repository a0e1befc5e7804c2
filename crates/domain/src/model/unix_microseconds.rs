//! Times and durations in whole microseconds, as stores keep them.

use std::time::Duration;

use time::OffsetDateTime;

/// The time in microseconds since 1970, rounded down.
#[must_use]
pub fn to_unix_microseconds(time: OffsetDateTime) -> i64 {
    let micros = time.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}

/// The time that is this number of microseconds after 1970; `None` if it is out of range.
#[must_use]
pub fn from_unix_microseconds(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

/// The duration in microseconds, or the maximum if it is longer.
#[must_use]
pub fn to_microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The duration of this number of microseconds; zero if it is negative.
#[must_use]
pub fn from_microseconds(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_unchanged_in_microseconds() {
        for time in [datetime!(2026-01-05 09:00:00.123456 UTC), datetime!(1969-12-31 23:59:59.9 UTC)] {
            assert_eq!(from_unix_microseconds(to_unix_microseconds(time)), Some(time));
        }
        assert_eq!(to_unix_microseconds(datetime!(1970-01-01 00:00:00.000001999 UTC)), 1);
        assert_eq!(from_unix_microseconds(i64::MAX), None);
        assert_eq!(to_microseconds(Duration::MAX), i64::MAX);
        assert_eq!(from_microseconds(-1), Duration::ZERO);
    }
}
