//! The beginning of sessions.

use auth_domain::model::{EndReason, NewSession, to_unix_microseconds};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper, SqliteConnection};

use super::Moment;
use super::ending::end_session;
use super::live_tokens::LiveTokens;
use super::row::SessionRow;
use crate::error::StoreError;
use crate::schema::{rotating_sessions, sessions};

/// Makes room, if the user has as many sessions as he may, and opens one more.
pub(super) fn open(
    connection: &mut SqliteConnection,
    session: &NewSession,
    moment: Moment,
) -> Result<(), StoreError> {
    for mut crowded_out in beyond_the_limit(connection, session, moment)? {
        end_session(connection, &mut crowded_out, EndReason::Revoked, moment)?;
    }
    let ends_at = to_unix_microseconds(session.ends_at);
    let named = session.refresh_token.session;
    let row = (
        sessions::user_id.eq(named.user_id.as_bytes().as_slice()),
        sessions::session_id.eq(named.session_id.as_bytes().as_slice()),
        sessions::tenant_id.eq(session.tenant_id.as_bytes().as_slice()),
        sessions::created_at.eq(moment.now),
        sessions::expires_at.eq(to_unix_microseconds(session.expires_at).min(ends_at)),
        sessions::ends_at.eq(ends_at),
        sessions::current_digest.eq(session.refresh_token.value.as_slice()),
        sessions::generation.eq(0_i64),
        sessions::rotated_at.eq(moment.now),
        sessions::live_tokens.eq(LiveTokens::of(session.access_token).pack()),
    );
    diesel::insert_into(sessions::table).values(row).execute(connection)?;
    Ok(())
}

/// The live sessions that have to go, so that with one more there are `max_sessions`: those idle longest.
fn beyond_the_limit(
    connection: &mut SqliteConnection,
    session: &NewSession,
    moment: Moment,
) -> Result<Vec<SessionRow>, StoreError> {
    let kept = i64::from(session.max_sessions.saturating_sub(1));
    let user_id = session.refresh_token.session.user_id;
    let rows = rotating_sessions::table
        .select(SessionRow::as_select())
        .filter(rotating_sessions::user_id.eq(user_id.as_bytes().as_slice()))
        .filter(rotating_sessions::ended_at.is_null())
        .filter(rotating_sessions::expires_at.gt(moment.now))
        .order((rotating_sessions::rotated_at.desc(), rotating_sessions::id.desc()))
        .limit(i64::MAX)
        .offset(kept);
    Ok(rows.load(connection)?)
}
