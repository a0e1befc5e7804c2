//! The parameters of stored hashes.

use std::time::Instant;

use auth_domain::model::{HashParameters, HashParametersInUse, RequestTime};
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::database::PostgresDatabase;
use crate::error::StoreError;
use crate::limits::bounded;
use crate::server_clock::now;

/// Texts are cut after one character more than the longest accepted text, so that a longer text is still rejected.
/// Neither salt nor hash leaves the server.
const QUERY: &str = "SELECT '$argon2id$v=19$' || split_part(left(password_hash, 65), '$', 4) AS parameters,
                            count(*) AS users
                     FROM users WHERE password_hash LIKE '$argon2id$v=19$%$%'
                     GROUP BY 1 LIMIT 1000";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    parameters: String,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

/// Reads every row, on a connection of its own: a large table takes longer than any other statement may.
pub(super) async fn read(
    database: &PostgresDatabase,
    request_time: RequestTime,
) -> Result<Vec<HashParametersInUse>, StoreError> {
    database.begin(request_time)?;
    let mut connection = database.connect(request_time).await?;
    let until = request_time.deadline();
    let left = until.saturating_duration_since(database.clock().instant());
    let rows = query(&mut connection, until, left.as_millis().max(1).to_string()).await?;
    Ok(rows.into_iter().filter_map(Row::into_parameters).collect())
}

async fn query(
    connection: &mut AsyncPgConnection,
    until: Instant,
    timeout_ms: String,
) -> Result<Vec<Row>, StoreError> {
    let work = connection.transaction(async |connection| -> Result<Vec<Row>, StoreError> {
        // For this transaction only: a pooler hands the session to others.
        let timeout =
            sql_query("SELECT set_config('statement_timeout', $1, true)").bind::<Text, _>(timeout_ms);
        timeout.execute(connection).await?;
        // A standby may not know the newest hashes.
        now(connection).await?;
        Ok(sql_query(QUERY).load(connection).await?)
    });
    bounded(until, work).await
}

impl Row {
    fn into_parameters(self) -> Option<HashParametersInUse> {
        let parameters = HashParameters::parse(&self.parameters)?;
        Some(HashParametersInUse { parameters, users: u64::try_from(self.users).unwrap_or(0) })
    }
}
