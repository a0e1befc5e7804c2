//! The tables `users` and `tenants`: whether they have what this service needs, and whether their rows are hidden from it.

mod columns;
mod diagnosis;
mod problems;
mod relation;

use futures_util::future::try_join;

use crate::connection::OpenConnection;
use crate::error::StoreError;

use columns::present;
pub(crate) use columns::{Column, columns, problems as column_problems};
pub(crate) use diagnosis::diagnose;
use problems::{hidden, problems};
use relation::relations;

/// The table that lookups wait for anyway. A lock on the other one, such as that of a migration, must not stop requests.
const OF_LOOKUPS: [&str; 1] = ["users"];

/// Checks that no row of `users` is hidden from a lookup.
///
/// # Errors
/// `Misconfigured` with the first problem.
pub(crate) async fn expect_visible_users(connection: &OpenConnection) -> Result<(), StoreError> {
    none(hidden("users", &relations(connection, &OF_LOOKUPS).await?))
}

/// Checks what a request and an administrator need of both tables.
///
/// # Errors
/// `Misconfigured` with the first problem.
pub(crate) async fn expect_usable(connection: &OpenConnection) -> Result<(), StoreError> {
    let (relations, columns) = try_join(relations(connection, &OF_LOOKUPS), present(connection)).await?;
    none(problems(&relations).errors)?;
    none(column_problems(&columns))
}

fn none(problems: Vec<String>) -> Result<(), StoreError> {
    problems.into_iter().next().map_or(Ok(()), |problem| Err(StoreError::Misconfigured(problem)))
}
