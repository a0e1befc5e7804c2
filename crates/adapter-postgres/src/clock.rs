//! The clock of the server, and its difference from the clock of this service.

use std::time::Instant;

use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use diesel_async::RunQueryDsl;
use time::{Duration, OffsetDateTime};

use crate::connection::OpenConnection;
use crate::error::StoreError;

/// The largest accepted difference of the clocks.
const MAX_DIFFERENCE: Duration = Duration::seconds(2);

diesel::define_sql_function! {
    /// The present time; unlike `now()`, it moves within a transaction.
    fn clock_timestamp() -> Timestamptz;
}

diesel::define_sql_function! {
    /// Whether the server is a standby.
    fn pg_is_in_recovery() -> Bool;
}

/// Reads the clock of the server.
///
/// # Errors
/// `Demoted` if the server is a standby.
pub(crate) async fn server_time(mut connection: &OpenConnection) -> Result<OffsetDateTime, StoreError> {
    let select = diesel::select((clock_timestamp(), pg_is_in_recovery()));
    let (now, is_standby) = select.get_result(&mut connection).await?;
    if is_standby { Err(StoreError::Demoted) } else { Ok(now) }
}

/// A time of the server's clock, and the instants before and after it was read.
#[derive(Clone, Copy)]
pub(crate) struct ClockSample {
    server: OffsetDateTime,
    before: Instant,
    after: Instant,
}

impl ClockSample {
    /// Takes a sample: `read` reads the server's clock.
    pub(crate) async fn take<E>(
        clock: &dyn Clock,
        read: impl Future<Output = Result<OffsetDateTime, E>> + Send,
    ) -> Result<Self, E> {
        let before = clock.instant();
        let server = read.await?;
        Ok(Self { server, before, after: clock.instant() })
    }

    /// Returns the least possible difference of the clocks: the server read its clock at some time between `before` and
    /// `after`.
    pub(crate) fn difference(self, request_time: RequestTime) -> Duration {
        let own = |at: Instant| request_time.now() + at.saturating_duration_since(request_time.started());
        let (ahead, behind) = (self.server - own(self.after), own(self.before) - self.server);
        ahead.max(behind).max(Duration::ZERO)
    }

    /// Returns the difference as a sentence: `Err` if it is more than two seconds.
    pub(crate) fn check(self, request_time: RequestTime) -> Result<String, String> {
        let difference = self.difference(request_time);
        let seconds = difference.as_seconds_f64();
        let text = format!("the clocks of the database server and this service are {seconds:.1} s apart");
        if difference > MAX_DIFFERENCE { Err(format!("{text}; synchronise both with NTP")) } else { Ok(text) }
    }
}

#[cfg(test)]
mod tests {
    use auth_testkit::{START, request_time_at};

    use super::*;

    #[test]
    fn the_round_trip_is_allowed_for_in_both_directions() {
        let request_time = request_time_at(START);
        let before = request_time.started() + Duration::seconds(1);
        let after = request_time.started() + Duration::seconds(4);
        for (offset, difference) in [(-3, 4), (1, 0), (3, 0), (4, 0), (6, 2), (7, 3)] {
            let sample = ClockSample { server: START + Duration::seconds(offset), before, after };
            assert_eq!(sample.difference(request_time), Duration::seconds(difference), "{offset}");
            assert_eq!(sample.check(request_time).is_ok(), difference <= 2, "{offset}");
        }
    }
}
