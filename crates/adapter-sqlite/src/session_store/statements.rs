//! The statements of each call, in the transaction of the call.

use std::time::Duration;

use auth_domain::model::session_rules::{self, Change};
use auth_domain::model::{
    EndReason, EndSession, Ending, NewSession, Rotate, Rotation, SessionId, SessionRecord, SessionRef,
    SessionSummary, UserId,
};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper, SqliteConnection,
};
use time::OffsetDateTime;

use super::refresh_minutes;
use super::row::SessionRow;
use super::save::Save;
use crate::error::StoreError;
use crate::revocation::revoke;
use crate::schema::sessions;
use crate::stored::{id, time};

/// The arguments of the rules that do not come from the request.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) now: OffsetDateTime,
    /// The time for which a denylist entry outlives its token.
    pub(super) denylist_margin: Duration,
    /// The time for which a session remembers a token after its expiry: no less.
    pub(super) live_margin: Duration,
}

pub(super) fn open(
    connection: &mut SqliteConnection,
    session: &NewSession,
    at: At,
) -> Result<(), StoreError> {
    let opened = session.refresh_token.session;
    let existing = find(connection, opened)?;
    let Some(record) = session_rules::open(existing.as_ref(), session, at.now) else { return Ok(()) };
    let live = if count(connection, opened.user_id)? < i64::from(session.max_sessions) {
        Vec::new()
    } else {
        list(connection, opened.user_id, at.now)?
    };
    for surplus in session_rules::surplus(&live, session.max_sessions) {
        let session = SessionRef { session_id: surplus.session_id, ..opened };
        end(connection, &EndSession { session, reason: EndReason::Revoked, also_revoke: None }, at)?;
    }
    insert(connection, opened, &record)
}

pub(super) fn rotate(
    connection: &mut SqliteConnection,
    rotate: &Rotate,
    at: At,
) -> Result<Rotation, StoreError> {
    let session = rotate.presented.session;
    let record = find(connection, session)?;
    let user_minute = match rotate.limits.per_user {
        Some(_) => refresh_minutes::find(connection, session.user_id)?,
        None => None,
    };
    let decision = session_rules::rotate(record.as_ref(), user_minute, rotate, at.now, at.live_margin);
    store(connection, session, decision.change, at.denylist_margin)?;
    Ok(decision.outcome)
}

pub(super) fn end(connection: &mut SqliteConnection, end: &EndSession, at: At) -> Result<Ending, StoreError> {
    let record = find(connection, end.session)?;
    let decision = session_rules::end(record.as_ref(), end, at.now, at.live_margin);
    store(connection, end.session, decision.change, at.denylist_margin)?;
    Ok(decision.outcome)
}

pub(super) fn end_all(
    connection: &mut SqliteConnection,
    user_id: UserId,
    reason: EndReason,
    at: At,
) -> Result<usize, StoreError> {
    let rows: Vec<(Vec<u8>, SessionRow)> = sessions::table
        .select((sessions::session_id, SessionRow::as_select()))
        .filter(sessions::user_id.eq(user_id.as_bytes().as_slice()))
        .filter(sessions::ended_at.is_null())
        .load(connection)?;
    let mut records = Vec::with_capacity(rows.len());
    for (session_id, row) in rows {
        let session_id = SessionId::from_uuid(id(&session_id)?);
        records.push((SessionRef { user_id, session_id }, SessionRecord::try_from(row)?));
    }
    let records = records.iter().map(|(session, record)| (*session, record));
    let (alive, changes) = session_rules::end_all(records, reason, at.now, at.live_margin);
    for (session, change) in changes {
        store(connection, session, Some(change), at.denylist_margin)?;
    }
    Ok(alive)
}

pub(super) fn list(
    connection: &mut SqliteConnection,
    user_id: UserId,
    now: OffsetDateTime,
) -> Result<Vec<SessionSummary>, StoreError> {
    let rows: Vec<(Vec<u8>, i64, i64, i64)> = sessions::table
        .select((sessions::session_id, sessions::created_at, sessions::rotated_at, sessions::expires_at))
        .filter(sessions::user_id.eq(user_id.as_bytes().as_slice()))
        .filter(sessions::ended_at.is_null())
        .load(connection)?;
    let summaries = rows.into_iter().map(|(session_id, created_at, rotated_at, expires_at)| {
        Ok(SessionSummary {
            session_id: SessionId::from_uuid(id(&session_id)?),
            created_at: time(created_at)?,
            rotated_at: time(rotated_at)?,
            expires_at: time(expires_at)?,
        })
    });
    Ok(session_rules::live(summaries.collect::<Result<_, StoreError>>()?, now))
}

/// The number of a user's sessions that have not ended, expired ones included.
fn count(connection: &mut SqliteConnection, user_id: UserId) -> Result<i64, StoreError> {
    let of_user = sessions::table.filter(sessions::user_id.eq(user_id.as_bytes().as_slice()));
    Ok(of_user.filter(sessions::ended_at.is_null()).count().get_result(connection)?)
}

/// Denylists the access tokens and stores the record, so that no end is ever pending.
pub(super) fn store(
    connection: &mut SqliteConnection,
    session: SessionRef,
    change: Option<Change>,
    denylist_margin: Duration,
) -> Result<(), StoreError> {
    let Some(change) = change else { return Ok(()) };
    for token in change.denylist {
        revoke(connection, token, denylist_margin)?;
    }
    if let Some(minute) = change.user_minute {
        refresh_minutes::save(connection, session.user_id, minute)?;
    }
    save(connection, session, &change.record.denylisted())
}

/// The record of a session, if there is one.
pub(super) fn find(
    connection: &mut SqliteConnection,
    session: SessionRef,
) -> Result<Option<SessionRecord>, StoreError> {
    let row = sessions::table.find(key(&session)).select(SessionRow::as_select()).get_result(connection);
    row.optional()?.map(SessionRecord::try_from).transpose()
}

/// Stores the record of a session that exists.
fn save(
    connection: &mut SqliteConnection,
    session: SessionRef,
    record: &SessionRecord,
) -> Result<(), StoreError> {
    Save(&SessionRow::new(session, record)).execute(connection)?;
    Ok(())
}

/// Stores the record of a new session.
fn insert(
    connection: &mut SqliteConnection,
    session: SessionRef,
    record: &SessionRecord,
) -> Result<(), StoreError> {
    let row = SessionRow::new(session, record);
    diesel::insert_into(sessions::table).values(row).execute(connection)?;
    Ok(())
}

fn key(session: &SessionRef) -> (&[u8], &[u8]) {
    (session.user_id.as_bytes(), session.session_id.as_bytes())
}
