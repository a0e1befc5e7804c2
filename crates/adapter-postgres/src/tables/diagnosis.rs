//! Diagnostics of the tables.

use auth_domain::model::RequestTime;
use auth_domain::observation::Operation;
use auth_domain::ports::Check;
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;

use super::columns;
use super::namesake::namesakes;
use super::problems::{TABLES, empty_or_missing, problems, read};
use super::relation::{Relation, relations};
use crate::connection::{Connections, OpenConnection};
use crate::error::StoreError;

/// The largest number of rows that is counted.
const MANY: i64 = 100_000;

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// Checks the columns, and that no row is hidden, redirected or filtered.
pub(crate) async fn diagnose(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    let relations = pooled.run(Operation::Check, relations(&pooled, &TABLES, &TABLES)).await?;
    let namesakes = pooled.run(Operation::Check, namesakes(&pooled, &empty_or_missing(&relations))).await?;
    drop(pooled);
    let mut checks = Vec::new();
    for name in TABLES {
        if let Some(relation) = read(name, &relations) {
            let rows = seen(name, connections, request_time).await;
            checks.push(Check::ok(describe(relation, rows.ok())));
        }
    }
    let problems = problems(&relations, &namesakes);
    checks.extend(problems.warnings.into_iter().map(Check::warning));
    if !problems.errors.is_empty() {
        checks.extend(problems.errors.into_iter().map(Check::error));
        return Ok(checks);
    }
    checks.extend(of_columns(connections, request_time).await?);
    Ok(checks)
}

/// Counts the rows that this role sees. An error has a check of its own.
async fn seen(name: &str, connections: &Connections, request_time: RequestTime) -> Result<i64, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    let mut connection: &OpenConnection = &pooled;
    let count =
        sql_query(format!("SELECT count(*) AS rows FROM (SELECT FROM {name} LIMIT {MANY} + 1) AS seen"));
    Ok(pooled.run(Operation::Check, count.get_result::<Rows>(&mut connection)).await?.rows)
}

fn describe(relation: &Relation, rows: Option<i64>) -> String {
    let rows = match rows {
        None => "rows that this role cannot count".to_owned(),
        Some(1) => "1 row".to_owned(),
        Some(rows) if rows > MANY => format!("more than {MANY} rows"),
        Some(rows) => format!("{rows} rows"),
    };
    let (name, read, kind) = (&relation.name, relation.qualified_name(), relation.kind_name());
    format!("{name} is read from the {kind} {read}, with {rows}")
}

async fn of_columns(connections: &Connections, request_time: RequestTime) -> Result<Vec<Check>, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    let columns = pooled.run(Operation::Check, columns::present(&pooled)).await?;
    let problems = columns::problems(&columns);
    if problems.is_empty() {
        return Ok(vec![Check::ok("the tables users and tenants have every column that is needed")]);
    }
    Ok(problems.into_iter().map(Check::error).collect())
}
