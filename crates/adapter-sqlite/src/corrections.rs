//! Corrections of times that are in the future, because they were stored while the clock was ahead.
//!
//! The rules count such a time from the next call on. A row that no call reads would count much later, or for too long. So the
//! maintenance corrects all rows. With a clock that is behind, right times look the same. So nothing is corrected while a clock is known
//! to be behind, and times that matter for days are corrected only when the clock has not jumped for some time.

use std::time::{Duration, Instant};

use auth_domain::model::{CLOCK_TOLERANCE, to_microseconds};
use diesel::dsl::max;
use diesel::sql_types::BigInt;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, sql_query};

use crate::clock_jumps::ClockJumps;
use crate::clock_watch::{self, Sampled};
use crate::error::StoreError;
use crate::login_limiter::count_daily_from;
use crate::schema::{login_daily_counts, login_failures, login_successes, numbered_sessions as sessions};
use crate::session_store::{CorrectedFrom, correct_session};

/// The time between two writes of what the next process needs.
const SAVE_INTERVAL: Duration = Duration::from_mins(5);
/// The most rows that one job changes, because other callers wait for it.
const BATCH: i64 = 500;
/// The number of sessions that one search reads.
const SESSIONS_PER_SEARCH: i64 = 4_096;

/// A search through the tables, a part in each run.
pub(crate) struct Corrections {
    access_lifetime: Duration,
    /// The last session that was read.
    last_session: i64,
    saved: Option<(Instant, Known)>,
}

/// The sizes of the jumps ahead, and the time until which the clock is behind.
type Known = (Vec<i64>, Option<i64>);

/// The clock at the start of a search, and what has to be saved of it.
pub(crate) struct Observed {
    now: i64,
    is_behind: bool,
    settled_since: Option<i64>,
    to_save: Option<Sampled>,
}

/// Rows to correct, for a job of the writer.
#[derive(Clone)]
pub(crate) enum Correction {
    /// What the next process needs.
    Watch(Sampled),
    /// Login attempts: they count from now on.
    Attempts { now: i64 },
    /// Daily counts: they count from now on.
    DailyCounts { now: i64 },
    /// Successes: addresses are known from the time on since which the clock is right.
    Successes { now: i64, seen: i64 },
    /// Sessions with these numbers.
    Sessions { numbers: Vec<i64>, from: CorrectedFrom },
}

impl Corrections {
    pub(crate) fn new(access_lifetime: Duration) -> Self {
        Self { access_lifetime, last_session: 0, saved: None }
    }

    /// The clock at the time of a search, after a sample.
    pub(crate) fn begin(&mut self, jumps: &ClockJumps, instant: Instant) -> Observed {
        let (now, behind_until) = (jumps.now(), jumps.behind_until());
        let sampled = Sampled { seen_at: now, jumps: jumps.jumps().to_vec(), behind_until };
        let known = (sampled.jumps.iter().map(|jump| jump.by).collect(), behind_until);
        let is_saved = self.saved.as_ref().is_some_and(|(at, saved)| {
            instant.saturating_duration_since(*at) < SAVE_INTERVAL && *saved == known
        });
        let to_save = (!is_saved).then_some(sampled);
        if to_save.is_some() {
            self.saved = Some((instant, known));
        }
        Observed { now, is_behind: behind_until.is_some(), settled_since: jumps.settled_since(), to_save }
    }

    /// Finds what has to be corrected.
    pub(crate) fn find(
        &mut self,
        connection: &mut SqliteConnection,
        observed: Observed,
    ) -> Result<Vec<Correction>, StoreError> {
        let (now, latest) = (observed.now, latest(observed.now));
        let mut found: Vec<_> = observed.to_save.map(Correction::Watch).into_iter().collect();
        if observed.is_behind {
            return Ok(found);
        }
        let is_ahead = |time: Option<i64>| time.is_some_and(|time| time > latest);
        if is_ahead(login_failures::table.select(max(login_failures::at)).get_result(connection)?) {
            found.push(Correction::Attempts { now });
        }
        if is_ahead(login_daily_counts::table.select(max(login_daily_counts::at)).get_result(connection)?) {
            found.push(Correction::DailyCounts { now });
        }
        let Some(seen) = observed.settled_since else { return Ok(found) };
        if is_ahead(login_successes::table.select(max(login_successes::at)).get_result(connection)?) {
            found.push(Correction::Successes { now, seen });
        }
        let numbers = self.sessions_after(connection, latest)?;
        if !numbers.is_empty() {
            let from = CorrectedFrom { now, seen, access_lifetime: self.access_lifetime };
            found.push(Correction::Sessions { numbers, from });
        }
        Ok(found)
    }

    /// The sessions whose last rotation is later, of a part of the table.
    fn sessions_after(
        &mut self,
        connection: &mut SqliteConnection,
        latest: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64, i64)> = sessions::table
            .select((sessions::id, sessions::rotated_at))
            .filter(sessions::id.gt(self.last_session))
            .order(sessions::id)
            .limit(SESSIONS_PER_SEARCH)
            .load(connection)?;
        self.last_session = rows.last().map_or(0, |(number, _)| *number);
        Ok(rows.into_iter().filter(|(_, at)| *at > latest).map(|(number, _)| number).collect())
    }
}

impl Correction {
    /// Corrects one batch; `true` if there may be more.
    pub(crate) fn apply(&self, connection: &mut SqliteConnection) -> Result<bool, StoreError> {
        let corrected = match self {
            Self::Watch(sampled) => return clock_watch::save(connection, sampled).map(|()| false),
            Self::Attempts { now } => update(
                connection,
                "UPDATE login_failures SET at = ? WHERE (axis_key, at, ticket) IN
                 (SELECT axis_key, at, ticket FROM login_failures WHERE at > ? LIMIT ?)",
                [*now, latest(*now)],
            )?,
            Self::DailyCounts { now } => count_daily_from(connection, *now, latest(*now), BATCH)?,
            Self::Successes { now, seen } => update(
                connection,
                "UPDATE login_successes SET at = ? WHERE (limit_key, pair_key) IN
                 (SELECT limit_key, pair_key FROM login_successes WHERE at > ? LIMIT ?)",
                [*seen, latest(*now)],
            )?,
            Self::Sessions { numbers, from } => {
                for number in numbers {
                    correct_session(connection, *number, *from)?;
                }
                0
            }
        };
        Ok(i64::try_from(corrected).is_ok_and(|corrected| corrected >= BATCH))
    }
}

/// Runs a statement on one batch of rows; returns their number.
fn update(
    connection: &mut SqliteConnection,
    statement: &str,
    [time, latest]: [i64; 2],
) -> Result<usize, StoreError> {
    let query = sql_query(statement).bind::<BigInt, _>(time).bind::<BigInt, _>(latest);
    Ok(query.bind::<BigInt, _>(BATCH).execute(connection)?)
}

/// The latest time that no wrong clock has stored.
fn latest(now: i64) -> i64 {
    now.saturating_add(to_microseconds(CLOCK_TOLERANCE))
}
