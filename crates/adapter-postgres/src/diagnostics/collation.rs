//! The collation that the indexes on text were built with.

use auth_domain::model::RequestTime;
use auth_domain::ports::Check;
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::connection::{Connections, OpenConnection};
use crate::error::StoreError;

/// PostgreSQL records the version of a database's collation since version 15.
const RECORDS: &str = "SELECT current_setting('server_version_num')::integer >= 150000 AS records";

const VERSIONS: &str = "
    SELECT quote_ident(datname) AS database, datcollversion AS recorded, pg_database_collation_actual_version(oid) AS provided
    FROM pg_database WHERE datname = current_database()";

/// Warns if the operating system of the server sorts text in another way than when the indexes were built: a lookup by email may not
/// find a user who exists, which clients get as a wrong password.
pub(super) async fn diagnose(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Option<Check>, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    let mut connection: &OpenConnection = &pooled;
    let Server { records } = pooled.run(sql_query(RECORDS).get_result(&mut connection)).await?;
    if !records {
        return Ok(None);
    }
    let versions = pooled.run(sql_query(VERSIONS).get_result(&mut connection)).await?;
    Ok(compare(&versions))
}

fn compare(Versions { database, recorded, provided }: &Versions) -> Option<Check> {
    let recorded = recorded.as_ref().filter(|_| recorded != provided)?;
    let provided = provided.as_deref().unwrap_or("none");
    Some(Check::warning(format!(
        "the indexes of {database} were built with version {recorded} of the collation, and the server provides {provided}: a user who \
         exists may not be found, and gets a 401; run `REINDEX DATABASE {database}`, then `ALTER DATABASE {database} REFRESH \
         COLLATION VERSION`"
    )))
}

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Bool)]
    records: bool,
}

#[derive(QueryableByName)]
struct Versions {
    #[diesel(sql_type = Text)]
    database: String,
    #[diesel(sql_type = Nullable<Text>)]
    recorded: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    provided: Option<String>,
}
