//! The correction of a session that was stored while the clock was ahead.

use std::time::Duration;

use auth_domain::model::{SessionId, SessionRef, UserId, session_rules};
use diesel::{OptionalExtension, QueryDsl, RunQueryDsl, SqliteConnection};

use super::statements::{find, store};
use crate::error::StoreError;
use crate::schema::numbered_sessions;
use crate::stored::{id, time};

/// The arguments of [`session_rules::correct`].
#[derive(Clone, Copy)]
pub(crate) struct CorrectedFrom {
    pub(crate) now: i64,
    pub(crate) seen: i64,
    pub(crate) access_lifetime: Duration,
}

/// Corrects a session, unless it was rotated meanwhile. One that cannot be read stays as it is.
pub(crate) fn correct_session(
    connection: &mut SqliteConnection,
    number: i64,
    from: CorrectedFrom,
) -> Result<(), StoreError> {
    let key: Option<(Vec<u8>, Vec<u8>)> = numbered_sessions::table
        .find(number)
        .select((numbered_sessions::user_id, numbered_sessions::session_id))
        .get_result(connection)
        .optional()?;
    let Some((user_id, session_id)) = key else { return Ok(()) };
    let session = SessionRef {
        user_id: UserId::from_uuid(id(&user_id)?),
        session_id: SessionId::from_uuid(id(&session_id)?),
    };
    let record = match find(connection, session) {
        Ok(Some(record)) => record,
        Ok(None) | Err(StoreError::Contradiction(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let (now, seen) = (time(from.now)?, time(from.seen)?);
    let change = session_rules::correct(&record, now, seen, from.access_lifetime);
    store(connection, session, change, from.access_lifetime)
}
