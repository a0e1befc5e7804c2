//! The statement that adds an entry to the denylist, for all writers of the database.

use std::time::Duration;

use auth_domain::model::{LiveAccessToken, to_microseconds, to_unix_microseconds};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

use crate::error::StoreError;

/// Adds a token until `margin` after its expiry. An entry that lasts longer stays as it is.
pub(crate) fn revoke(
    connection: &mut SqliteConnection,
    token: LiveAccessToken,
    margin: Duration,
) -> Result<(), StoreError> {
    let until = to_unix_microseconds(token.expires_at).saturating_add(to_microseconds(margin));
    Revoke { token_id: token.id.as_bytes(), until }.execute(connection)?;
    Ok(())
}

/// The statement of [`revoke`], which SQLite compiles once per connection.
struct Revoke<'a> {
    token_id: &'a [u8],
    until: i64,
}

impl QueryFragment<Sqlite> for Revoke<'_> {
    fn walk_ast<'b>(&'b self, mut statement: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        statement.push_sql("INSERT INTO denylist (token_id, until) VALUES (");
        statement.push_bind_param::<Binary, _>(self.token_id)?;
        statement.push_sql(", ");
        statement.push_bind_param::<BigInt, _>(&self.until)?;
        statement.push_sql(") ON CONFLICT (token_id) DO UPDATE SET until = max(until, excluded.until)");
        Ok(())
    }
}

impl QueryId for Revoke<'_> {
    type QueryId = Revoke<'static>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<SqliteConnection> for Revoke<'_> {}
