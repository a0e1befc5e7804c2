//! The clock of the server, and how far it is from ours.

use std::time::Instant;

use auth_domain::model::RequestTime;
use auth_domain::ports::Clock;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::{Duration, OffsetDateTime};

use crate::error::StoreError;
use crate::limits::CLOCKS_APART;

diesel::define_sql_function! {
    /// The time at this very moment, not that of the transaction's beginning.
    fn clock_timestamp() -> Timestamptz;
}

diesel::define_sql_function! {
    /// Whether the server is a standby.
    fn pg_is_in_recovery() -> Bool;
}

/// Reads the clock of the server, which must be a primary.
pub(crate) async fn now(mut connection: &AsyncPgConnection) -> Result<OffsetDateTime, StoreError> {
    let question = diesel::select((clock_timestamp(), pg_is_in_recovery()));
    let (now, is_standby) = question.get_result(&mut connection).await?;
    if is_standby { Err(StoreError::Demoted) } else { Ok(now) }
}

/// What the server's clock showed at some moment between two of ours.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    shown: OffsetDateTime,
    asked: Instant,
    answered: Instant,
}

impl Reading {
    /// Makes a reading of what the server answers to a question.
    pub(crate) async fn take<E>(
        clock: &dyn Clock,
        question: impl Future<Output = Result<OffsetDateTime, E>> + Send,
    ) -> Result<Self, E> {
        let asked = clock.instant();
        let shown = question.await?;
        Ok(Self { shown, asked, answered: clock.instant() })
    }

    /// Returns by how much the clocks differ at least, whatever part of the round trip came first.
    pub(crate) fn apart(self, request_time: RequestTime) -> Duration {
        let ours = |at: Instant| request_time.now() + at.saturating_duration_since(request_time.started());
        let (ahead, behind) = (self.shown - ours(self.answered), ours(self.asked) - self.shown);
        ahead.max(behind).max(Duration::ZERO)
    }

    /// Rejects a server whose clock is too far from ours.
    pub(crate) fn check(self, request_time: RequestTime) -> Result<(), StoreError> {
        let apart = self.apart(request_time);
        if apart <= CLOCKS_APART {
            return Ok(());
        }
        let seconds = apart.as_seconds_f64();
        Err(StoreError::Unfit(format!(
            "the clock of the database server and ours are {seconds:.1} s apart; let NTP set both"
        )))
    }
}

#[cfg(test)]
mod tests {
    use auth_testkit::{START, request_time_at};

    use super::*;

    #[test]
    fn the_round_trip_is_allowed_for_in_both_directions() {
        let request_time = request_time_at(START);
        let asked = request_time.started() + Duration::seconds(1);
        let answered = request_time.started() + Duration::seconds(4);
        for (offset, apart) in [(-3, 4), (1, 0), (3, 0), (4, 0), (6, 2), (7, 3)] {
            let reading = Reading { shown: START + Duration::seconds(offset), asked, answered };
            assert_eq!(reading.apart(request_time), Duration::seconds(apart), "{offset}");
            assert_eq!(reading.check(request_time).is_ok(), apart <= 2, "{offset}");
        }
    }
}
