//! Revoked access tokens.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId, to_unix_microseconds};
use auth_domain::observation::Operation;
use auth_domain::ports::{Denylist, PortError};
use diesel::dsl::exists;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection};

use crate::database::SqliteDatabase;
use crate::revocation::revoke;
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
        self.database.read(Operation::Contains, request_time, read).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        let margin = self.margin;
        self.database
            .write(Operation::Add, request_time, move |connection| revoke(connection, token, margin))
            .await
    }
}
