//! Diagnostics of the server, the tables and the rows.

mod collation;
mod pooler;
mod rows;
mod server;

use auth_domain::model::RequestTime;
use auth_domain::ports::Check;
use diesel_async::RunQueryDsl;

use crate::connection::{Connections, OpenConnection};
use crate::error::{STANDBY, StoreError};
use crate::schema_check::{self, Column};
pub(crate) use rows::diagnose_users;

const EMPTY: &str = "the database has neither users nor tenants; run `migrate` to create them, or name the database of the \
                     HookSentry platform in POSTGRES__URL";

/// Checks the server and the tables.
pub(crate) async fn diagnose(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let mut checks = match server::diagnose(connections, request_time).await {
        Err(StoreError::Standby | StoreError::Demoted) => return Ok(vec![Check::error(STANDBY)]),
        checks => checks?,
    };
    checks.extend(pooler::diagnose(connections, request_time).await?);
    checks.extend(collation::diagnose(connections, request_time).await?);
    let problems = schema_problems(connections, request_time).await?;
    if problems.is_empty() {
        checks.push(Check::ok("the tables users and tenants have every column that is needed"));
    }
    checks.extend(problems.into_iter().map(Check::error));
    Ok(checks)
}

async fn schema_problems(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<String>, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    let mut connection: &OpenConnection = &pooled;
    let columns: Vec<Column> = pooled.run(schema_check::columns().load(&mut connection)).await?;
    if columns.is_empty() {
        return Ok(vec![EMPTY.to_owned()]);
    }
    Ok(schema_check::problems(&columns))
}
