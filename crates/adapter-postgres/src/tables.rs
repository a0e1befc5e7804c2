//! The tables `users` and `tenants`: whether they have what this service needs, and whether their rows are hidden from it.

mod columns;
mod diagnosis;
mod namesake;
mod needed;
mod problems;
mod relation;

use futures_util::future::try_join;

use crate::connection::OpenConnection;
use crate::error::StoreError;

use columns::present;
pub(crate) use columns::{Column, columns, problems as column_problems};
pub(crate) use diagnosis::diagnose;
use namesake::namesakes;
use problems::{TABLES, empty_or_missing, filtered, mistaken, problems};
use relation::relations;

/// The table that lookups wait for anyway. A lock on the other one, such as that of a migration, must not stop requests.
const OF_LOOKUPS: [&str; 1] = ["users"];

/// Checks that no row of `users` is hidden from a lookup.
///
/// Other relations of the name do not matter to a request, unless `users` is empty: then no login can succeed anyway, and an unknown user
/// may be one whose row is in the table that is meant.
///
/// # Errors
/// `Misconfigured` with the first problem.
pub(crate) async fn expect_visible_users(connection: &OpenConnection) -> Result<(), StoreError> {
    let relations = relations(connection, &OF_LOOKUPS, &OF_LOOKUPS).await?;
    let Some(users) = relations.first() else { return Ok(()) };
    none(filtered(users))?;
    if !users.is_empty {
        return Ok(());
    }
    none(mistaken(users, &relations, &namesakes(connection, &OF_LOOKUPS).await?))
}

/// Checks what a request and an administrator need of both tables.
///
/// # Errors
/// `Misconfigured` with the first problem.
pub(crate) async fn expect_usable(connection: &OpenConnection) -> Result<(), StoreError> {
    let relations = relations(connection, &TABLES, &OF_LOOKUPS);
    let (relations, columns) = try_join(relations, present(connection)).await?;
    let namesakes = namesakes(connection, &empty_or_missing(&relations)).await?;
    none(problems(&relations, &namesakes).errors)?;
    none(column_problems(&columns))
}

fn none(problems: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
    problems.into_iter().next().map_or(Ok(()), |problem| Err(StoreError::Misconfigured(problem)))
}
