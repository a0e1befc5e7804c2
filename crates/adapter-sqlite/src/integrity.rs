//! The check of a whole database for damage.

use diesel::deserialize::QueryableByName;
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, sql_query};

#[derive(QueryableByName)]
struct QuickCheck {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

/// The first damage of the database; `None` if there is none.
pub(crate) fn check(connection: &mut SqliteConnection) -> QueryResult<Option<String>> {
    let found: QuickCheck = sql_query("PRAGMA quick_check(1)").get_result(connection)?;
    let first = found.quick_check.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok((first != "ok").then_some(first))
}
