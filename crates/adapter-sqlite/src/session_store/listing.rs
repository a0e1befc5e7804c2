//! Listings of sessions.

use auth_domain::model::{SessionId, SessionSummary, UserId};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection};

use crate::error::StoreError;
use crate::schema::sessions;
use crate::stored::{id, time};

/// Names the live sessions of a user, the most recently used first.
pub(super) fn list(
    connection: &mut SqliteConnection,
    user_id: UserId,
    now: i64,
) -> Result<Vec<SessionSummary>, StoreError> {
    let rows: Vec<(Vec<u8>, i64, i64, i64)> = sessions::table
        .select((sessions::session_id, sessions::created_at, sessions::rotated_at, sessions::expires_at))
        .filter(sessions::user_id.eq(user_id.as_bytes().as_slice()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order((sessions::rotated_at.desc(), sessions::id.desc()))
        .load(connection)?;
    rows.into_iter().map(summary).collect()
}

fn summary(
    (session_id, created_at, rotated_at, expires_at): (Vec<u8>, i64, i64, i64),
) -> Result<SessionSummary, StoreError> {
    Ok(SessionSummary {
        session_id: SessionId::from_uuid(id(&session_id)?),
        created_at: time(created_at)?,
        rotated_at: time(rotated_at)?,
        expires_at: time(expires_at)?,
    })
}
