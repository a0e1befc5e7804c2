//! Pages of users, in the order of their ids: the primary key has an index, and no collation.

use auth_domain::ports::{UserCursor, UserPage};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::row::UserRow;
use crate::clock::server_time;
use crate::connection::{Lease, OpenConnection};
use crate::error::StoreError;
use crate::schema::users;

pub(super) async fn read(
    pooled: &Lease,
    after: Option<&UserCursor>,
    limit: u32,
) -> Result<UserPage, StoreError> {
    // Fails on a standby.
    server_time(pooled).await?;
    let mut connection: &OpenConnection = pooled;
    let rows = users::table.select(UserRow::as_select()).order(users::id).limit(limit.into());
    let rows: Vec<UserRow> = match after {
        Some(after) => {
            let after = Uuid::from_slice(after.as_bytes());
            let after = after.map_err(|_| StoreError::Contradiction("a cursor is no id"))?;
            rows.filter(users::id.gt(after)).load(&mut connection).await?
        }
        None => rows.load(&mut connection).await?,
    };
    Ok(UserPage::of_rows(rows, limit, UserRow::cursor))
}
