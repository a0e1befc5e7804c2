//! Diagnostics of the server, the tables and the rows.

mod collation;
mod pooler;
mod rows;
mod server;

use auth_domain::model::RequestTime;
use auth_domain::ports::Check;

use crate::connection::Connections;
use crate::error::{STANDBY, StoreError};
use crate::tables;
pub(crate) use rows::diagnose_users;

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
    checks.extend(tables::diagnose(connections, request_time).await?);
    Ok(checks)
}
