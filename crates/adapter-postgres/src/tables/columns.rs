//! The columns of the tables that this service uses.

use diesel::deserialize::QueryableByName;
use diesel::query_builder::SqlQuery;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use crate::connection::OpenConnection;
use crate::error::StoreError;

/// The columns in use, each with its possible types.
const COLUMNS: [(&str, &str, &[&str]); 10] = [
    ("tenants", "id", &["uuid"]),
    ("tenants", "name", TEXT),
    ("users", "id", &["uuid"]),
    ("users", "tenant_id", &["uuid"]),
    ("users", "email", TEXT),
    ("users", "password_hash", TEXT),
    ("users", "status", &["integer"]),
    ("users", "role", &["integer"]),
    ("users", "created_at", &["timestamp with time zone"]),
    ("users", "updated_at", &["timestamp with time zone"]),
];

const REMEDY: &str =
    "name the database of the HookSentry platform, or an empty one for tables of its own, in POSTGRES__URL";

const EMPTY: &str = "the database has neither a table users nor a table tenants; run `migrate` to create them, or name the database of \
                     the HookSentry platform in POSTGRES__URL";

const TEXT: &[&str] = &["character varying", "text"];

/// A column of the database.
#[derive(QueryableByName)]
pub(crate) struct Column {
    #[diesel(sql_type = Text)]
    relation: String,
    #[diesel(sql_type = Text)]
    attribute: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// Reads every column of the two tables.
pub(super) async fn present(mut connection: &OpenConnection) -> Result<Vec<Column>, StoreError> {
    Ok(columns().load(&mut connection).await?)
}

/// Selects every column of the two tables, also those that this role has no privilege to read.
pub(crate) fn columns() -> SqlQuery {
    sql_query(
        "SELECT class.relname::text AS relation, attname::text AS attribute,
                format_type(atttypid, NULL) AS kind
         FROM pg_attribute JOIN pg_class AS class ON class.oid = attrelid
         WHERE attrelid IN (to_regclass('tenants'), to_regclass('users'))
             AND attnum > 0 AND NOT attisdropped",
    )
}

/// Returns a sentence for each table and each column that is missing, and for each column of another type.
pub(crate) fn problems(present: &[Column]) -> Vec<String> {
    if present.is_empty() {
        return vec![EMPTY.to_owned()];
    }
    let is_missing = |table: &str| present.iter().all(|column| column.relation != table);
    let tables = ["tenants", "users"].into_iter().filter(|table| is_missing(table)).map(|table| {
        format!(
            "the database has no table {table}; restore it from a backup and run `doctor`, or name an empty database in POSTGRES__URL and run \
             `migrate`"
        )
    });
    let columns = COLUMNS.iter().filter(|(table, ..)| !is_missing(table));
    tables
        .chain(columns.filter_map(|(table, column, types)| problem(present, table, column, types)))
        .collect()
}

fn problem(present: &[Column], table: &str, column: &str, types: &[&str]) -> Option<String> {
    let expected = types.first().unwrap_or(&"");
    match present.iter().find(|found| found.relation == table && found.attribute == column) {
        None => Some(format!("the table {table} has no column {column} of type {expected}; {REMEDY}")),
        Some(found) if types.contains(&found.kind.as_str()) => None,
        Some(found) => Some(format!(
            "the column {column} of the table {table} has type {} instead of {expected}; {REMEDY}",
            found.kind
        )),
    }
}
