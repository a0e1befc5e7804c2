//! The statements around each job, which SQLite compiles once per connection.

use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

/// Runs `job` so that its failure undoes this job alone.
///
/// Some failures, such as a full disk, make SQLite roll back the whole transaction. Then the savepoint is gone too, and the
/// error of `ROLLBACK TO` ends the group, so that no later job runs outside of a transaction.
pub(crate) fn in_savepoint(
    connection: &mut SqliteConnection,
    job: impl FnOnce(&mut SqliteConnection) -> bool,
) -> QueryResult<()> {
    Savepoint.execute(connection)?;
    if !job(connection) {
        RollBack.execute(connection)?;
    }
    Release.execute(connection).map(drop)
}

macro_rules! statement {
    ($name:ident, $sql:literal) => {
        #[derive(QueryId)]
        struct $name;

        impl QueryFragment<Sqlite> for $name {
            fn walk_ast<'b>(&'b self, mut statement: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
                statement.push_sql($sql);
                Ok(())
            }
        }

        impl RunQueryDsl<SqliteConnection> for $name {}
    };
}

statement!(Savepoint, "SAVEPOINT job");
statement!(RollBack, "ROLLBACK TO job");
statement!(Release, "RELEASE job");
