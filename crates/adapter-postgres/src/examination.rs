//! What an administrator should know of the server and of the rows, for `doctor`.

mod rows;
mod server;

use auth_domain::model::Timing;
use auth_domain::ports::Finding;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::database::PostgresDatabase;
use crate::error::StoreError;
use crate::tables::{self, Column};

/// Looks at the server, at the tables, and at the rows where there are tables to have them.
pub(crate) async fn examine(database: &PostgresDatabase, timing: Timing) -> Result<Vec<Finding>, StoreError> {
    let mut findings = server::examine(database, timing).await?;
    let faults = faults(database, timing).await?;
    if faults.is_empty() {
        findings.push(Finding::good("the tables users and tenants have every column that is needed"));
        findings.extend(rows::examine(database, timing).await?);
    }
    findings.extend(faults.into_iter().map(Finding::fault));
    Ok(findings)
}

async fn faults(database: &PostgresDatabase, timing: Timing) -> Result<Vec<String>, StoreError> {
    let lease = database.lease(timing).await?;
    let mut connection: &AsyncPgConnection = &lease;
    let columns: Vec<Column> = lease.run(tables::columns().load(&mut connection)).await?;
    Ok(tables::faults(&columns))
}
