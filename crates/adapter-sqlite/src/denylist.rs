//! Revoked access tokens.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{Denylist, PortError};
use diesel::dsl::exists;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::Sqlite;
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection};

use crate::database::SqliteDatabase;
use crate::error::StoreError;
use crate::schema::denylist;

/// The [`Denylist`] in the embedded database.
///
/// Every call reads the file, without a cache: the command line adds entries while a server runs.
#[derive(Clone)]
pub struct SqliteDenylist {
    database: SqliteDatabase,
    margin: Duration,
}

impl SqliteDenylist {
    /// A denylist in an open database.
    ///
    /// # Parameters
    /// - `margin`: the time for which an entry outlives its token, because other verifiers allow for clock skew.
    #[must_use]
    pub fn new(database: &SqliteDatabase, margin: Duration) -> Self {
        Self { database: database.clone(), margin }
    }
}

#[async_trait]
impl Denylist for SqliteDenylist {
    #[tracing::instrument(level = "debug", skip_all)]
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError> {
        let now = to_unix_microseconds(request_time.now());
        let read = move |connection: &mut SqliteConnection| {
            let entry = denylist::table.find(id.as_bytes().as_slice()).filter(denylist::until.gt(now));
            Ok(diesel::select(exists(entry)).get_result(connection)?)
        };
        self.database.read(request_time, read).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        let margin = self.margin;
        self.database.write(request_time, move |connection| revoke(connection, token, margin)).await
    }
}

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
