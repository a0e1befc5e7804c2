//! Pages of users, in the order of their ids.

use auth_domain::model::User;
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
    let mut page = UserPage::default();
    if usize::try_from(limit).is_ok_and(|limit| rows.len() >= limit) {
        page.end = rows.last().map(UserRow::cursor);
    }
    for row in rows {
        match User::try_from(row) {
            Ok(user) => page.users.push(user),
            Err(row) => page.unreadable.push(row),
        }
    }
    Ok(page)
}
