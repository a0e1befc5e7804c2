//! The form of every write: one statement that carries its deadline.

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::connection::{Lease, OpenConnection};
use crate::error::StoreError;

pub(super) type Write<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

/// Returns `write` as a statement that changes nothing after the deadline of the call.
pub(super) async fn with_deadline<'a>(pooled: &Lease, write: &str) -> Result<Write<'a>, StoreError> {
    let parts = format!("written AS ({write} RETURNING 1)");
    statement(pooled, &parts, "(SELECT count(*) FROM written) AS written").await
}

/// Returns a statement of `parts`, which change nothing after the deadline of the call, and which end in the columns `result`. The
/// deadline is its `$1`.
///
/// The server may execute it long after the client has given up: it was frozen, or another transaction held a lock. So the
/// statement compares the deadline with the server's clock, and limits each wait for a lock to the remaining time.
pub(super) async fn statement<'a>(
    pooled: &Lease,
    parts: &str,
    result: &str,
) -> Result<Write<'a>, StoreError> {
    let deadline = pooled.server_deadline().await?;
    let statement = format!(
        "WITH deadline AS MATERIALIZED (
             SELECT left_ms > 0 AS in_time, set_config('lock_timeout', greatest(left_ms, 1)::text, true)
             FROM (SELECT ceil(extract(epoch FROM $1 - clock_timestamp()) * 1000)::integer AS left_ms) AS remaining),
         {parts}
         SELECT in_time, {result} FROM deadline"
    );
    Ok(sql_query(statement).into_boxed().bind::<Timestamptz, _>(deadline))
}

/// Executes a write and returns whether it wrote a row.
///
/// # Errors
/// `DeadlinePassed` if the deadline had passed on the server.
pub(super) async fn execute(pooled: &Lease, write: Write<'_>) -> Result<bool, StoreError> {
    let mut connection: &OpenConnection = pooled;
    let outcome: Outcome = write.get_result(&mut connection).await?;
    if outcome.in_time { Ok(outcome.written > 0) } else { Err(StoreError::DeadlinePassed) }
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Bool)]
    in_time: bool,
    #[diesel(sql_type = BigInt)]
    written: i64,
}
