//! The last successes of an email, or from an address: one row each.

use auth_domain::model::LimitKey;
use auth_domain::model::attempt_window::Success;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, delete, replace_into};

use crate::error::StoreError;
use crate::schema::login_successes::{self, at, limit_key, pair_key};
use crate::stored::sixteen_bytes;

/// The successes on a key, from the least recent.
pub(super) fn load(connection: &mut SqliteConnection, key: LimitKey) -> Result<Vec<Success>, StoreError> {
    let rows: Vec<(Vec<u8>, i64)> = login_successes::table
        .select((pair_key, at))
        .filter(limit_key.eq(key.as_bytes().as_slice()))
        .order((at, pair_key))
        .load(connection)?;
    let success = |(pair, time): (Vec<u8>, i64)| {
        Ok(Success { pair: LimitKey::from_bytes(sixteen_bytes(&pair)?), at: time })
    };
    rows.into_iter().map(success).collect()
}

/// Stores the successes that are new or have changed, and deletes those that are gone.
pub(super) fn save(
    connection: &mut SqliteConnection,
    key: LimitKey,
    stored: &[Success],
    successes: &[Success],
) -> Result<(), StoreError> {
    let key = key.as_bytes().as_slice();
    let is_kept = |old: &&Success| successes.iter().any(|new| new.pair == old.pair);
    for gone in stored.iter().filter(|old| !is_kept(old)) {
        delete(login_successes::table.find((key, gone.pair.as_bytes().as_slice()))).execute(connection)?;
    }
    for new in successes.iter().filter(|new| !stored.contains(new)) {
        let row = (limit_key.eq(key), pair_key.eq(new.pair.as_bytes().as_slice()), at.eq(new.at));
        replace_into(login_successes::table).values(row).execute(connection)?;
    }
    Ok(())
}
