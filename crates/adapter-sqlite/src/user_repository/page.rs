//! Pages of users, in the order of their ids.

use auth_domain::ports::{UserCursor, UserPage};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper, SqliteConnection};

use super::row::UserRow;
use crate::error::StoreError;
use crate::schema::users;

pub(super) fn read(
    connection: &mut SqliteConnection,
    after: Option<&UserCursor>,
    limit: u32,
) -> Result<UserPage, StoreError> {
    let rows = users::table.select(UserRow::as_select()).order(users::id).limit(limit.into());
    let rows = match after {
        Some(after) => rows.filter(users::id.gt(after.as_bytes())).load(connection)?,
        None => rows.load(connection)?,
    };
    Ok(UserPage::of_rows(rows, limit, UserRow::cursor))
}
