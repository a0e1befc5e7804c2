//! Checks of the rows of users.

use auth_domain::ports::{Check, HashKind, UserCounts};
use diesel::{QueryDsl, RunQueryDsl, SqliteConnection, TextExpressionMethods};

use crate::error::StoreError;
use crate::schema::users;
use crate::stored::{id, time};

/// Id, tenant, email, status, role, time, and whether the hash is a PHC string of Argon2id; null if there is no hash.
type Row = (Vec<u8>, Vec<u8>, String, i64, i64, i64, Option<bool>);

/// Counts the users by the state of their rows. An unreadable row is counted, too.
pub(super) fn diagnose(connection: &mut SqliteConnection) -> Result<Vec<Check>, StoreError> {
    let is_argon2id = users::password_hash.like("$argon2id$%");
    let columns = (
        users::id,
        users::tenant_id,
        users::email,
        users::status,
        users::role,
        users::created_at,
        is_argon2id,
    );
    let mut counts = UserCounts::default();
    for row in users::table.select(columns).load_iter::<Row, _>(connection)? {
        let (user, tenant, email, status, role, created_at, is_argon2id) = row?;
        let hash = match is_argon2id {
            Some(true) => HashKind::Argon2id,
            Some(false) => HashKind::Other,
            None => HashKind::None,
        };
        counts.add(Some(&email), i32::try_from(status).ok(), i32::try_from(role).ok(), hash);
        if id(&user).is_err() || id(&tenant).is_err() || time(created_at).is_err() {
            counts.add_damaged();
        }
    }
    Ok(counts.checks())
}
