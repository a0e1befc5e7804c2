//! Whether the tables are those that this service can work on.

use diesel::deserialize::QueryableByName;
use diesel::query_builder::SqlQuery;
use diesel::sql_query;
use diesel::sql_types::Text;

/// The columns that are used, each with the types that it may have.
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

const TEXT: &[&str] = &["character varying", "text"];

/// A column that there is.
#[derive(QueryableByName)]
pub(crate) struct Column {
    #[diesel(sql_type = Text)]
    relation: String,
    #[diesel(sql_type = Text)]
    attribute: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// Asks for every column of the two tables, whether or not this role may read it.
pub(crate) fn columns() -> SqlQuery {
    sql_query(
        "SELECT class.relname::text AS relation, attname::text AS attribute,
                format_type(atttypid, NULL) AS kind
         FROM pg_attribute JOIN pg_class AS class ON class.oid = attrelid
         WHERE attrelid IN (to_regclass('tenants'), to_regclass('users'))
             AND attnum > 0 AND NOT attisdropped",
    )
}

/// Says what is missing or of another type; nothing where all is well.
pub(crate) fn faults(present: &[Column]) -> Vec<String> {
    COLUMNS.iter().filter_map(|(table, column, types)| fault(present, table, column, types)).collect()
}

fn fault(present: &[Column], table: &str, column: &str, types: &[&str]) -> Option<String> {
    let expected = types.first().unwrap_or(&"");
    match present.iter().find(|found| found.relation == table && found.attribute == column) {
        None => Some(format!(
            "the table {table} has no column {column} of the type {expected}; name the platform's database, \
             or an empty one, in POSTGRES__URL"
        )),
        Some(found) if types.contains(&found.kind.as_str()) => None,
        Some(found) => Some(format!(
            "the column {column} of the table {table} is of the type {} and not {expected}; name the \
             platform's database, or an empty one, in POSTGRES__URL",
            found.kind
        )),
    }
}
