//! The parameters of the stored hashes.

use std::time::Instant;

use auth_domain::model::{HashParameters, HashParametersInUse, RequestTime};
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use crate::clock::server_time;
use crate::connection::{Connections, bounded};
use crate::error::StoreError;

/// Salt and hash do not leave the server. The parameters are cut after one character more than the longest accepted
/// text, so that a longer text is still rejected.
const SELECT: &str = "SELECT CASE WHEN password_hash ~ '^\\$2[abxy]\\$' THEN left(password_hash, 6)
                                 WHEN password_hash LIKE '$argon2id$%'
                                     THEN '$argon2id$v=19$' || split_part(left(password_hash, 65), '$', 4)
                                 ELSE '$' || split_part(password_hash, '$', 2) || '$'
                                     || split_part(left(password_hash, 65), '$', 3) END AS parameters,
                            count(*) AS users
                     FROM users
                     WHERE password_hash LIKE '$argon2id$v=19$%$%' OR password_hash LIKE '$scrypt$%$%'
                         OR password_hash ~ '^\\$(2[abxy]\\$[0-9][0-9]|pbkdf2-sha(256|512)\\$.*)\\$'
                     GROUP BY 1 LIMIT 1000";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    parameters: String,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

/// Reads every row. This may take longer than the timeout of other statements, so it is one transaction with a timeout of its own.
pub(super) async fn read(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<HashParametersInUse>, StoreError> {
    let mut connection = connections.exclusive(request_time).await?;
    let deadline = request_time.deadline();
    let timeout = deadline.saturating_duration_since(connections.clock.instant());
    let timeout = timeout.as_millis().max(1).to_string();
    let rows = connection.transact(|connection| Box::pin(select(connection, deadline, timeout))).await?;
    Ok(rows.into_iter().filter_map(Row::into_parameters).collect())
}

async fn select(
    connection: &mut AsyncPgConnection,
    deadline: Instant,
    timeout_ms: String,
) -> Result<Vec<Row>, StoreError> {
    let work = connection.transaction(async |connection| -> Result<Vec<Row>, StoreError> {
        // Local to the transaction, because a pooler gives the session to other clients afterwards.
        let timeout =
            sql_query("SELECT set_config('statement_timeout', $1, true)").bind::<Text, _>(timeout_ms);
        timeout.execute(connection).await?;
        // Fails on a standby, which may not have the newest hashes.
        server_time(connection).await?;
        Ok(sql_query(SELECT).load(connection).await?)
    });
    bounded(deadline, work).await
}

impl Row {
    fn into_parameters(self) -> Option<HashParametersInUse> {
        let parameters = HashParameters::parse(&self.parameters)?;
        Some(HashParametersInUse { parameters, users: u64::try_from(self.users).unwrap_or(0) })
    }
}
