//! Deletion of rows that no call needs any more. They are found by reading, so that the writer has little to do.
//!
//! Calls judge expiry by their own `now`; this only frees space. A row is kept for [`KEPT`] after its expiry, for callers whose
//! clock is behind. A session is kept for that time after its end, so that its tokens are rejected with the reason.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use auth_domain::model::to_microseconds;
use diesel::dsl::min;
use diesel::sql_types::BigInt;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, sql_query};

use crate::error::StoreError;
use crate::schema::{denylist, login_failures, numbered_sessions as sessions, refresh_minutes};

/// The time that a row is kept after its expiry.
const KEPT: Duration = Duration::from_hours(1);

/// The most rows that one job deletes, because other callers wait for it.
const BATCH: i64 = 500;

/// The number of sessions that one search reads. There is no index on their expiry, because every rotation would have to
/// update it.
const SESSIONS_PER_SEARCH: i64 = 4_096;

/// The window of the login limit in microseconds, which the limiter sets.
#[derive(Clone)]
pub(crate) struct LoginWindow(Arc<AtomicI64>);

/// A search through the tables, a part in each run.
pub(crate) struct Search {
    login_window: LoginWindow,
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
}

impl LoginWindow {
    /// A window that is not known yet: no login failure is deleted.
    pub(crate) fn unknown() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }

    pub(crate) fn set(&self, window: Duration) {
        self.0.store(to_microseconds(window), Ordering::Relaxed);
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Search {
    pub(crate) fn new(login_window: LoginWindow) -> Self {
        Self { login_window, last_session: 0 }
    }

    /// Finds what can be deleted at `now`.
    pub(crate) fn run(
        &mut self,
        connection: &mut SqliteConnection,
        now: i64,
    ) -> Result<Vec<Expired>, StoreError> {
        let before = now.saturating_sub(to_microseconds(KEPT));
        let failed_before = before.saturating_sub(self.login_window.get());
        let mut found = self.sessions(connection, before)?;
        let oldest: Option<i64> = denylist::table.select(min(denylist::until)).first(connection)?;
        if oldest.is_some_and(|until| until < before) {
            found.push(Expired::Denylist { before });
        }
        let oldest: Option<i64> = login_failures::table.select(min(login_failures::at)).first(connection)?;
        if oldest.is_some_and(|at| at < failed_before) {
            found.push(Expired::LoginFailures { before: failed_before });
        }
        let started_at = refresh_minutes::table.select(min(refresh_minutes::started_at));
        let oldest: Option<i64> = started_at.first(connection)?;
        if oldest.is_some_and(|started_at| started_at < before) {
            found.push(Expired::RefreshMinutes { before });
        }
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
            Self::Denylist { before } => sql_query(
                "DELETE FROM denylist WHERE token_id IN
                 (SELECT token_id FROM denylist WHERE until < ? LIMIT ?)",
            )
            .bind::<BigInt, _>(before)
            .bind::<BigInt, _>(BATCH)
            .execute(connection)?,
            Self::LoginFailures { before } => sql_query(
                "DELETE FROM login_failures WHERE (axis_key, at, ticket) IN
                 (SELECT axis_key, at, ticket FROM login_failures WHERE at < ? LIMIT ?)",
            )
            .bind::<BigInt, _>(before)
            .bind::<BigInt, _>(BATCH)
            .execute(connection)?,
            Self::RefreshMinutes { before } => sql_query(
                "DELETE FROM refresh_minutes WHERE user_id IN
                 (SELECT user_id FROM refresh_minutes WHERE started_at < ? LIMIT ?)",
            )
            .bind::<BigInt, _>(before)
            .bind::<BigInt, _>(BATCH)
            .execute(connection)?,
        };
        Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted >= BATCH))
    }
}
