//! Checks that the tables have the columns that this service uses.

use diesel::deserialize::QueryableByName;
use diesel::query_builder::SqlQuery;
use diesel::sql_query;
use diesel::sql_types::Text;

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

/// Returns a sentence for each column that is missing or has another type.
pub(crate) fn problems(present: &[Column]) -> Vec<String> {
    COLUMNS.iter().filter_map(|(table, column, types)| problem(present, table, column, types)).collect()
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
