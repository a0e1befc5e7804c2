//! Checks of the rows of users.

use auth_domain::model::{HashUse, PasswordHash};
use auth_domain::ports::{Check, UserCounts};
use diesel::{QueryDsl, RunQueryDsl, SqliteConnection};

use crate::error::StoreError;
use crate::schema::users;
use crate::stored::{id, time};

/// Id, tenant, email, status, role, time, and the hash.
type Row = (Vec<u8>, Vec<u8>, String, i64, i64, i64, Option<String>);

/// Counts the users by the state of their rows. An unreadable row is counted, too.
pub(super) fn diagnose(
    connection: &mut SqliteConnection,
    usability: impl Fn(&PasswordHash) -> HashUse,
) -> Result<Vec<Check>, StoreError> {
    let columns = (
        users::id,
        users::tenant_id,
        users::email,
        users::status,
        users::role,
        users::created_at,
        users::password_hash,
    );
    let mut counts = UserCounts::default();
    for row in users::table.select(columns).load_iter::<Row, _>(connection)? {
        let (user, tenant, email, status, role, created_at, hash) = row?;
        let hash = hash.map(|text| usability(&PasswordHash::new(text)));
        counts.add(Some(&email), i32::try_from(status).ok(), i32::try_from(role).ok(), hash);
        if id(&user).is_err() || id(&tenant).is_err() || time(created_at).is_err() {
            counts.add_damaged();
        }
    }
    Ok(counts.checks())
}
