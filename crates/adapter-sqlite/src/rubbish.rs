//! Rows that no call can need any more. Found by reading, so that the writer has little to do.
//!
//! Expiry is judged by the callers' `now`; this is only rubbish collection. Everything is kept for
//! [`KEPT`] beyond its time, for callers whose clock is behind, and an ended session for as long after
//! its end, so that its tokens are told why they are rejected.

use auth_domain::model::to_microseconds;
use std::time::Duration;

use diesel::dsl::min;
use diesel::sql_types::BigInt;
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, sql_query};

use crate::error::StoreError;
use crate::schema::{denylist, login_failures, numbered_sessions as sessions};

/// How long a row is kept beyond its time.
const KEPT: Duration = Duration::from_hours(1);

/// The most rows that one step deletes, since other callers wait for it.
const BATCH: i64 = 500;

/// How many sessions one round looks at. There is no index to find the expired ones by: a rotation
/// would have to keep it up to date.
const LOOKED_AT: i64 = 4_096;

/// Walks through the tables, a part at each call.
pub(crate) struct Search {
    login_window: i64,
    /// The last session that was looked at.
    last_session: i64,
}

/// What steps of the writer are to delete.
#[derive(Clone)]
pub(crate) enum Found {
    /// These sessions, as far as they are still past this time.
    Sessions { ids: Vec<i64>, before: i64 },
    /// The denylist before this time.
    Denylist { before: i64 },
    /// The login failures before this time.
    LoginFailures { before: i64 },
}

impl Search {
    pub(crate) fn new(login_window: Duration) -> Self {
        Self { login_window: to_microseconds(login_window), last_session: 0 }
    }

    /// Finds what can be deleted now.
    pub(crate) fn run(
        &mut self,
        connection: &mut SqliteConnection,
        now: i64,
    ) -> Result<Vec<Found>, StoreError> {
        let before = now.saturating_sub(to_microseconds(KEPT));
        let failed_before = before.saturating_sub(self.login_window);
        let mut found = self.sessions(connection, before)?;
        let oldest: Option<i64> = denylist::table.select(min(denylist::until)).first(connection)?;
        if oldest.is_some_and(|until| until < before) {
            found.push(Found::Denylist { before });
        }
        let oldest: Option<i64> = login_failures::table.select(min(login_failures::at)).first(connection)?;
        if oldest.is_some_and(|at| at < failed_before) {
            found.push(Found::LoginFailures { before: failed_before });
        }
        Ok(found)
    }

    fn sessions(&mut self, connection: &mut SqliteConnection, before: i64) -> Result<Vec<Found>, StoreError> {
        let rows: Vec<(i64, i64, Option<i64>)> = sessions::table
            .select((sessions::id, sessions::expires_at, sessions::ended_at))
            .filter(sessions::id.gt(self.last_session))
            .order(sessions::id)
            .limit(LOOKED_AT)
            .load(connection)?;
        self.last_session = match rows.last() {
            Some((id, _, _)) => *id,
            None => 0,
        };
        let is_rubbish =
            |(_, expires_at, ended_at): &(i64, i64, Option<i64>)| ended_at.unwrap_or(*expires_at) < before;
        let ids: Vec<i64> = rows.into_iter().filter(is_rubbish).map(|(id, ..)| id).collect();
        let batch = usize::try_from(BATCH).unwrap_or(usize::MAX);
        Ok(ids.chunks(batch).map(|ids| Found::Sessions { ids: ids.to_vec(), before }).collect())
    }
}

impl Found {
    /// Deletes some of it, as a step of the writer; `true` when there may be more.
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
        };
        Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted >= BATCH))
    }
}
