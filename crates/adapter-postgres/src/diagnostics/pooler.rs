//! Diagnostics of a pooler between the service and the server.

use auth_domain::model::RequestTime;
use auth_domain::observation::Operation;
use auth_domain::ports::Check;
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use crate::config::Pooler;
use crate::connection::{Connections, OpenConnection, PROCESS, STATEMENT};
use crate::error::{POOLER, StoreError};

/// The timeouts in force during this statement, in milliseconds, and its server process.
#[derive(QueryableByName)]
struct InForce {
    #[diesel(sql_type = Text)]
    statement_timeout: String,
    #[diesel(sql_type = Text)]
    idle_timeout: String,
    #[diesel(sql_type = Text)]
    process: String,
}

/// Checks that the settings of a connection are in force, and that it keeps its server process.
pub(super) async fn diagnose(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    // Opened while the other one is idle, when a pooler gives both the same process. Without it, as at the limit of connections, the
    // process of the first one is still compared.
    let another = connections.another(request_time).await.ok();
    let mut connection: &OpenConnection = &pooled;
    let select = sql_query(format!(
        "SELECT (SELECT setting FROM pg_settings WHERE name = 'statement_timeout') AS statement_timeout,
                (SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout') AS idle_timeout,
                {PROCESS} AS process"
    ));
    let in_force: InForce = pooled.run(Operation::Check, select.get_result(&mut connection)).await?;
    let is_shared = another.is_some_and(|another| another.first_process() == in_force.process);
    Ok(vec![
        timeouts(&in_force),
        match connections.pooler() {
            Pooler::None if is_shared || connections.has_unnamed_pooler(&pooled, &in_force.process) => {
                Check::error(POOLER)
            }
            Pooler::None => Check::ok("a connection keeps its server process; statements are prepared"),
            Pooler::Transaction => {
                Check::ok("each statement is a transaction of its own, for a pooler of transactions")
            }
        },
    ])
}

fn timeouts(in_force: &InForce) -> Check {
    let expected = STATEMENT.as_millis().to_string();
    if in_force.statement_timeout == expected && in_force.idle_timeout == expected {
        return Check::ok(format!("the server cancels statements after {expected} ms (statement_timeout)"));
    }
    Check::error(format!(
        "statement_timeout and idle_in_transaction_session_timeout are {} and {} ms on the server instead of {expected}: a pooler \
         drops the settings of connections; set POSTGRES__POOLER to transaction",
        in_force.statement_timeout, in_force.idle_timeout
    ))
}
