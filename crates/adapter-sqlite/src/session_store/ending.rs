//! The end of sessions: the tombstone and the denylisting are one transaction.

use auth_domain::model::{EndReason, EndSession, Ending, UserId};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper, SqliteConnection};

use super::Moment;
use super::row::SessionRow;
use crate::denylist::revoke;
use crate::error::StoreError;
use crate::schema::rotating_sessions;

/// Ends the session that is named, if there is one.
pub(super) fn end_named(
    connection: &mut SqliteConnection,
    end: &EndSession,
    moment: Moment,
) -> Result<Ending, StoreError> {
    let Some(mut session) = SessionRow::find(connection, end.session)? else {
        return Ok(Ending::Unknown);
    };
    end_session(connection, &mut session, end.reason, moment)?;
    if let Some(token) = end.also_revoke {
        revoke(connection, token, moment.margin)?;
    }
    Ok(Ending::Ended)
}

/// Ends every session of a user; returns how many of them had not expired.
pub(super) fn end_all(
    connection: &mut SqliteConnection,
    user_id: UserId,
    reason: EndReason,
    moment: Moment,
) -> Result<usize, StoreError> {
    let mut alive = 0;
    let rows: Vec<SessionRow> = rotating_sessions::table
        .select(SessionRow::as_select())
        .filter(rotating_sessions::user_id.eq(user_id.as_bytes().as_slice()))
        .filter(rotating_sessions::ended_at.is_null())
        .load(connection)?;
    for mut session in rows {
        alive += usize::from(session.expires_at > moment.now);
        // Those that have expired end too: their last access tokens may outlive them.
        end_session(connection, &mut session, reason, moment)?;
    }
    Ok(alive)
}

/// Ends a session and denylists its access tokens; one that has ended keeps its first reason.
pub(super) fn end_session(
    connection: &mut SqliteConnection,
    session: &mut SessionRow,
    reason: EndReason,
    moment: Moment,
) -> Result<(), StoreError> {
    if session.end_reason()?.is_some() {
        return Ok(());
    }
    for token in session.live_tokens()?.iter() {
        revoke(connection, token, moment.margin)?;
    }
    session.set_ended(reason, moment.now);
    session.save(connection)
}
