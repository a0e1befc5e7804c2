//! Deletion of rows that no call needs any more. They are found by reading, so that the writer has little to do.
//!
//! Calls judge expiry by their own `now`; this only frees space. A row is kept for [`KEPT`] after its expiry, for callers whose
//! clock is behind. A session is kept for that time after its end, so that its tokens are rejected with the reason.

use std::time::Duration;

use auth_domain::model::to_microseconds;
use diesel::dsl::min;
use diesel::sql_types::BigInt;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, sql_query};

use crate::error::StoreError;
use crate::login_retention::LoginRetention;
use crate::schema::{
    denylist, login_daily_counts, login_failures, login_successes, numbered_sessions as sessions,
    refresh_minutes,
};

/// The time that a row is kept after its expiry.
const KEPT: Duration = Duration::from_hours(1);

/// The time after its last attempt for which a daily count matters: 24 hours, and the rest of the first hour.
const DAILY_COUNT: Duration = Duration::from_hours(25);

/// The most rows that one job deletes, because other callers wait for it.
const BATCH: i64 = 500;

/// The number of sessions that one search reads. There is no index on their expiry, because every rotation would have to
/// update it.
const SESSIONS_PER_SEARCH: i64 = 4_096;

/// A search through the tables, a part in each run.
pub(crate) struct Search {
    login_retention: LoginRetention,
    /// The last session that was read.
    last_session: i64,
}

/// Expired rows, for a job of the writer to delete.
#[derive(Clone)]
pub(crate) enum Expired {
    /// The sessions with these numbers, if they are still past this time.
    Sessions { ids: Vec<i64>, before: i64 },
    /// The denylist entries before this time.
    Denylist { before: i64 },
    /// The login failures before this time.
    LoginFailures { before: i64 },
    /// The minutes with refreshes that started before this time.
    RefreshMinutes { before: i64 },
    /// The last successes before this time.
    LoginSuccesses { before: i64 },
    /// The daily counts without an attempt since this time.
    DailyCounts { before: i64 },
}

impl Search {
    pub(crate) fn new(login_retention: LoginRetention) -> Self {
        Self { login_retention, last_session: 0 }
    }

    /// Finds what can be deleted at `now`.
    pub(crate) fn run(
        &mut self,
        connection: &mut SqliteConnection,
        now: i64,
    ) -> Result<Vec<Expired>, StoreError> {
        let before = now.saturating_sub(to_microseconds(KEPT));
        let mut found = self.sessions(connection, before)?;
        let failed_before = before.saturating_sub(self.login_retention.failures());
        let succeeded_before = before.saturating_sub(self.login_retention.successes());
        let counted_before = before.saturating_sub(to_microseconds(DAILY_COUNT));
        let oldest: [(Option<i64>, Expired); 5] = [
            (
                denylist::table.select(min(denylist::until)).get_result(connection)?,
                Expired::Denylist { before },
            ),
            (
                login_failures::table.select(min(login_failures::at)).get_result(connection)?,
                Expired::LoginFailures { before: failed_before },
            ),
            (
                login_successes::table.select(min(login_successes::at)).get_result(connection)?,
                Expired::LoginSuccesses { before: succeeded_before },
            ),
            (
                login_daily_counts::table.select(min(login_daily_counts::at)).get_result(connection)?,
                Expired::DailyCounts { before: counted_before },
            ),
            (
                refresh_minutes::table.select(min(refresh_minutes::started_at)).get_result(connection)?,
                Expired::RefreshMinutes { before },
            ),
        ];
        let expired = |(oldest, expired): (Option<i64>, Expired)| {
            oldest.is_some_and(|at| at < expired.before()).then_some(expired)
        };
        found.extend(oldest.into_iter().filter_map(expired));
        Ok(found)
    }

    fn sessions(
        &mut self,
        connection: &mut SqliteConnection,
        before: i64,
    ) -> Result<Vec<Expired>, StoreError> {
        let rows: Vec<(i64, i64, Option<i64>)> = sessions::table
            .select((sessions::id, sessions::expires_at, sessions::ended_at))
            .filter(sessions::id.gt(self.last_session))
            .order(sessions::id)
            .limit(SESSIONS_PER_SEARCH)
            .load(connection)?;
        self.last_session = rows.last().map_or(0, |(id, _, _)| *id);
        let is_expired =
            |(_, expires_at, ended_at): &(i64, i64, Option<i64>)| ended_at.unwrap_or(*expires_at) < before;
        let ids: Vec<i64> = rows.into_iter().filter(is_expired).map(|(id, ..)| id).collect();
        let batch = usize::try_from(BATCH).unwrap_or(usize::MAX);
        Ok(ids.chunks(batch).map(|ids| Expired::Sessions { ids: ids.to_vec(), before }).collect())
    }
}

impl Expired {
    /// Deletes one batch; `true` if there may be more.
    pub(crate) fn delete(&self, connection: &mut SqliteConnection) -> Result<bool, StoreError> {
        let deleted = match self {
            Self::Sessions { ids, before } => {
                let is_over = sessions::expires_at.lt(before).or(sessions::ended_at.lt(before));
                let rows = sessions::table.filter(sessions::id.eq_any(ids)).filter(is_over);
                diesel::delete(rows).execute(connection)?
            }
            Self::Denylist { before } => delete_batch(
                connection,
                "DELETE FROM denylist WHERE token_id IN
                 (SELECT token_id FROM denylist WHERE until < ? LIMIT ?)",
                *before,
            )?,
            Self::LoginFailures { before } => delete_batch(
                connection,
                "DELETE FROM login_failures WHERE (axis_key, at, ticket) IN
                 (SELECT axis_key, at, ticket FROM login_failures WHERE at < ? LIMIT ?)",
                *before,
            )?,
            Self::LoginSuccesses { before } => delete_batch(
                connection,
                "DELETE FROM login_successes WHERE (limit_key, pair_key) IN
                 (SELECT limit_key, pair_key FROM login_successes WHERE at < ? LIMIT ?)",
                *before,
            )?,
            Self::DailyCounts { before } => delete_batch(
                connection,
                "DELETE FROM login_daily_counts WHERE email_key IN
                 (SELECT email_key FROM login_daily_counts WHERE at < ? LIMIT ?)",
                *before,
            )?,
            Self::RefreshMinutes { before } => delete_batch(
                connection,
                "DELETE FROM refresh_minutes WHERE user_id IN
                 (SELECT user_id FROM refresh_minutes WHERE started_at < ? LIMIT ?)",
                *before,
            )?,
        };
        Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted >= BATCH))
    }

    /// The time before which rows are expired.
    const fn before(&self) -> i64 {
        match self {
            Self::Sessions { before, .. }
            | Self::Denylist { before }
            | Self::LoginFailures { before }
            | Self::RefreshMinutes { before }
            | Self::LoginSuccesses { before }
            | Self::DailyCounts { before } => *before,
        }
    }
}

/// Deletes one batch of the rows that are before a time; returns their number.
fn delete_batch(
    connection: &mut SqliteConnection,
    statement: &str,
    before: i64,
) -> Result<usize, StoreError> {
    let query = sql_query(statement).bind::<BigInt, _>(before).bind::<BigInt, _>(BATCH);
    Ok(query.execute(connection)?)
}
