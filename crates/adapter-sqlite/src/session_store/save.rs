//! The update of a session, as one statement that SQLite compiles once per connection. Diesel compiles its own `UPDATE` each time.

use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel::sqlite::Sqlite;
use diesel::{Column, Expression, QueryResult, RunQueryDsl, SqliteConnection};

use super::row::SessionRow;
use crate::schema::sessions;

/// Replaces all columns of a row but those of its key.
pub(super) struct Save<'a>(pub(super) &'a SessionRow);

impl QueryFragment<Sqlite> for Save<'_> {
    fn walk_ast<'b>(&'b self, mut statement: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        // A column that is added and not saved is an unused variable.
        let SessionRow {
            tenant_id,
            created_at,
            expires_at,
            ends_at,
            current_digest,
            previous_digest,
            generation,
            rotated_at,
            live_tokens,
            retry_tag,
            retry_sealed,
            ended_at,
            end_reason,
            rotated_from,
            retries,
            minute_started_at,
            minute_refreshes,
            user_id,
            session_id,
        } = self.0;
        statement.push_sql("UPDATE sessions SET ");
        bind(&mut statement, sessions::tenant_id, tenant_id, ", ")?;
        bind(&mut statement, sessions::created_at, created_at, ", ")?;
        bind(&mut statement, sessions::expires_at, expires_at, ", ")?;
        bind(&mut statement, sessions::ends_at, ends_at, ", ")?;
        bind(&mut statement, sessions::current_digest, current_digest, ", ")?;
        bind(&mut statement, sessions::previous_digest, previous_digest, ", ")?;
        bind(&mut statement, sessions::generation, generation, ", ")?;
        bind(&mut statement, sessions::rotated_at, rotated_at, ", ")?;
        bind(&mut statement, sessions::live_tokens, live_tokens, ", ")?;
        bind(&mut statement, sessions::retry_tag, retry_tag, ", ")?;
        bind(&mut statement, sessions::retry_sealed, retry_sealed, ", ")?;
        bind(&mut statement, sessions::ended_at, ended_at, ", ")?;
        bind(&mut statement, sessions::end_reason, end_reason, ", ")?;
        bind(&mut statement, sessions::rotated_from, rotated_from, ", ")?;
        bind(&mut statement, sessions::retries, retries, ", ")?;
        bind(&mut statement, sessions::minute_started_at, minute_started_at, ", ")?;
        bind(&mut statement, sessions::minute_refreshes, minute_refreshes, " WHERE ")?;
        bind(&mut statement, sessions::user_id, user_id, " AND ")?;
        bind(&mut statement, sessions::session_id, session_id, "")
    }
}

impl QueryId for Save<'_> {
    type QueryId = Save<'static>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<SqliteConnection> for Save<'_> {}

/// Appends `column = value` and what follows it.
fn bind<'b, C, T>(
    statement: &mut AstPass<'_, 'b, Sqlite>,
    _column: C,
    value: &'b T,
    then: &str,
) -> QueryResult<()>
where
    C: Column,
    T: ToSql<<C as Expression>::SqlType, Sqlite>,
    Sqlite: HasSqlType<<C as Expression>::SqlType>,
{
    statement.push_identifier(C::NAME)?;
    statement.push_sql(" = ");
    statement.push_bind_param::<<C as Expression>::SqlType, T>(value)?;
    statement.push_sql(then);
    Ok(())
}
