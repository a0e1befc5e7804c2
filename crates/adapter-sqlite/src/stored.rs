//! How times and ids look in the tables.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::StoreError;

/// Turns a time into microseconds since 1970, rounded down.
pub(crate) fn micros(time: OffsetDateTime) -> i64 {
    let micros = time.unix_timestamp_nanos().div_euclid(1_000);
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
}

/// Turns a duration into microseconds; one too long to be counted lasts for ever.
pub(crate) fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Turns microseconds into a duration; none where they are negative.
pub(crate) fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Reads a stored time.
pub(crate) fn time(micros: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000)
        .map_err(|_| StoreError::Contradiction("a time is out of range"))
}

/// Reads a stored id.
pub(crate) fn id(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|_| StoreError::Contradiction("an id has not sixteen bytes"))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_lead_back_to_themselves_in_microseconds() {
        for time_of_day in [datetime!(2026-01-05 09:00:00.123456 UTC), datetime!(1969-12-31 23:59:59.9 UTC)] {
            assert_eq!(time(micros(time_of_day)).unwrap(), time_of_day);
        }
        assert_eq!(micros(datetime!(1970-01-01 00:00:00.000001999 UTC)), 1);
        assert!(time(i64::MAX).is_err());
        assert_eq!(span(Duration::MAX), i64::MAX);
        assert_eq!(duration(-1), Duration::ZERO);
    }
}
