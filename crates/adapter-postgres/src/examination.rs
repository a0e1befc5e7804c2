//! What an administrator should know of the server and of the rows, for `doctor`.

mod rows;
mod server;

use auth_domain::model::Timing;
use auth_domain::ports::Finding;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::database::PostgresDatabase;
use crate::error::{STANDBY, StoreError};
use crate::tables::{self, Column};
pub(crate) use rows::examine as examine_rows;

const EMPTY: &str = "the database has neither users nor tenants; run `migrate` to make them, or name the platform's \
                     database in POSTGRES__URL";

/// Looks at the server and at the tables.
pub(crate) async fn examine(database: &PostgresDatabase, timing: Timing) -> Result<Vec<Finding>, StoreError> {
    let mut findings = match server::examine(database, timing).await {
        Err(StoreError::Standby | StoreError::Demoted) => return Ok(vec![Finding::fault(STANDBY)]),
        findings => findings?,
    };
    let faults = faults(database, timing).await?;
    if faults.is_empty() {
        findings.push(Finding::good("the tables users and tenants have every column that is needed"));
    }
    findings.extend(faults.into_iter().map(Finding::fault));
    Ok(findings)
}

async fn faults(database: &PostgresDatabase, timing: Timing) -> Result<Vec<String>, StoreError> {
    let lease = database.lease(timing).await?;
    let mut connection: &AsyncPgConnection = &lease;
    let columns: Vec<Column> = lease.run(tables::columns().load(&mut connection)).await?;
    if columns.is_empty() {
        return Ok(vec![EMPTY.to_owned()]);
    }
    Ok(tables::faults(&columns))
}
