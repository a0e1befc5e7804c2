//! Revoked access tokens.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{Denylist, PortError};
use diesel::dsl::exists;
use diesel::sql_types::{BigInt, Binary};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, sql_query};

use crate::database::SqliteDatabase;
use crate::error::StoreError;
use crate::schema::denylist;

/// The [`Denylist`] in the embedded database.
///
/// Every question is a read of the file: the command line revokes tokens in it while a server runs,
/// so a copy in memory would not know.
#[derive(Clone)]
pub struct SqliteDenylist {
    database: SqliteDatabase,
}

impl SqliteDenylist {
    /// Uses an open database.
    #[must_use]
    pub fn new(database: &SqliteDatabase) -> Self {
        Self { database: database.clone() }
    }
}

#[async_trait]
impl Denylist for SqliteDenylist {
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError> {
        let now = to_unix_microseconds(request_time.now());
        let read = move |connection: &mut SqliteConnection| {
            let entry = denylist::table.find(id.as_bytes().as_slice()).filter(denylist::until.gt(now));
            Ok(diesel::select(exists(entry)).get_result(connection)?)
        };
        self.database.read(request_time, read).await
    }

    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        let margin = self.database.config().denylist_margin;
        self.database.write(request_time, move |connection| revoke(connection, token, margin)).await
    }
}

/// Denylists a token until `margin` after its expiry; an entry that lasts longer stays as it is.
pub(crate) fn revoke(
    connection: &mut SqliteConnection,
    token: LiveAccessToken,
    margin: Duration,
) -> Result<(), StoreError> {
    sql_query(
        "INSERT INTO denylist (token_id, until) VALUES (?, ?)
         ON CONFLICT (token_id) DO UPDATE SET until = max(until, excluded.until)",
    )
    .bind::<Binary, _>(token.id.as_bytes().as_slice())
    .bind::<BigInt, _>(to_unix_microseconds(token.expires_at).saturating_add(to_microseconds(margin)))
    .execute(connection)?;
    Ok(())
}
