//! What an administrator should know of the server and of the rows, for `doctor`.

mod rows;
mod server;

use auth_domain::model::RequestTime;
use auth_domain::ports::Check;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::database::PostgresDatabase;
use crate::error::{STANDBY, StoreError};
use crate::tables::{self, Column};
pub(crate) use rows::diagnose as examine_rows;

const EMPTY: &str = "the database has neither users nor tenants; run `migrate` to make them, or name the platform's \
                     database in POSTGRES__URL";

/// Looks at the server and at the tables.
pub(crate) async fn diagnose(
    database: &PostgresDatabase,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let mut checks = match server::diagnose(database, request_time).await {
        Err(StoreError::Standby | StoreError::Demoted) => return Ok(vec![Check::error(STANDBY)]),
        checks => checks?,
    };
    let faults = faults(database, request_time).await?;
    if faults.is_empty() {
        checks.push(Check::ok("the tables users and tenants have every column that is needed"));
    }
    checks.extend(faults.into_iter().map(Check::error));
    Ok(checks)
}

async fn faults(database: &PostgresDatabase, request_time: RequestTime) -> Result<Vec<String>, StoreError> {
    let lease = database.lease(request_time).await?;
    let mut connection: &AsyncPgConnection = &lease;
    let columns: Vec<Column> = lease.run(tables::columns().load(&mut connection)).await?;
    if columns.is_empty() {
        return Ok(vec![EMPTY.to_owned()]);
    }
    Ok(tables::faults(&columns))
}
