//! The last minute with refreshes of each user.

use auth_domain::model::{RefreshMinute, UserId};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SqliteConnection, replace_into};

use crate::error::StoreError;
use crate::schema::refresh_minutes;
use crate::stored::count;

pub(super) fn find(
    connection: &mut SqliteConnection,
    user_id: UserId,
) -> Result<Option<RefreshMinute>, StoreError> {
    let row: Option<(i64, i64)> = refresh_minutes::table
        .find(user_id.as_bytes().as_slice())
        .select((refresh_minutes::started_at, refresh_minutes::refreshes))
        .get_result(connection)
        .optional()?;
    let minute = |(started_at, refreshes)| Ok(RefreshMinute { started_at, refreshes: count(refreshes)? });
    row.map(minute).transpose()
}

pub(super) fn save(
    connection: &mut SqliteConnection,
    user_id: UserId,
    minute: RefreshMinute,
) -> Result<(), StoreError> {
    let row = (
        refresh_minutes::user_id.eq(user_id.as_bytes().as_slice()),
        refresh_minutes::started_at.eq(minute.started_at),
        refresh_minutes::refreshes.eq(i64::from(minute.refreshes)),
    );
    replace_into(refresh_minutes::table).values(row).execute(connection)?;
    Ok(())
}
