//! The mark of a running server in the header of the database file, which no older copy of the file has.
//!
//! Each server writes a random number into the field `application_id`. Each readiness check increments the field `user_version`.
//! SQLite and Diesel do not use these fields. (The change counter of SQLite does not count each change in write-ahead mode.)

use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::Integer;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection, sql_query};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// Writes a new mark, and returns it.
pub(crate) fn renew(connection: &mut SqliteConnection) -> QueryResult<i32> {
    let mark = number(connection, "SELECT 1 + abs(random() % 2147483646) AS number")?;
    connection.batch_execute(&format!("PRAGMA application_id = {mark}"))?;
    Ok(mark)
}

/// Increments the version, which changes the first page.
pub(crate) fn increment_version(connection: &mut SqliteConnection) -> QueryResult<()> {
    let version = number(connection, "SELECT user_version AS number FROM pragma_user_version")?;
    connection.batch_execute(&format!("PRAGMA user_version = {}", version.wrapping_add(1)))
}

/// Removes the mark from a copy.
pub(crate) fn remove(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute("PRAGMA application_id = 0")
}

fn number(connection: &mut SqliteConnection, query: &str) -> QueryResult<i32> {
    Ok(sql_query(query).get_result::<Number>(connection)?.number)
}
