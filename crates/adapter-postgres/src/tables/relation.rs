//! The relations that the statements of this service read and write.

use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;

use super::needed::needed;
use crate::connection::OpenConnection;
use crate::error::StoreError;

/// Selects the relations with the names in `$1` that a statement of this service means. It finds each by its id, so that its cost does
/// not depend on other schemas, in which other roles may create tables of the same names.
///
/// The size of a table waits for its locks. So it is asked only for the tables in `$2`.
const SELECT: &str = concat!(
    "
    SELECT used.name,
           schema.nspname::text AS schema,
           class.relkind::text AS kind,
           class.relpersistence = 't' AS is_temporary,
           class.relispartition AS is_partition,
           EXISTS (SELECT FROM pg_inherits WHERE inhparent = class.oid) AS has_children,
           row_security_active(class.oid) AS is_filtered,
           EXISTS (SELECT FROM pg_rewrite WHERE ev_class = class.oid AND is_instead AND ev_enabled IN ('O', 'A')
               AND class.relkind = 'r') AS is_redirected,
           CASE WHEN used.name = ANY ($2) THEN coalesce(pg_relation_size(class.oid) = 0, false) ELSE false END AS is_empty,
           (SELECT string_agg(attname::text, ', ') FROM pg_attribute
            WHERE attrelid = class.oid AND NOT attisdropped AND attname = ANY (used.needed)
                AND NOT has_column_privilege(class.oid, attnum, 'SELECT')) AS unreadable,
           current_user::text AS role
    FROM ",
    needed!(),
    "
    JOIN pg_class AS class ON class.oid = to_regclass(used.name)
    JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
    WHERE used.name = ANY ($1) AND class.relkind IN ('r', 'p', 'v', 'm', 'f')"
);

/// The relation that a statement of this service means by the name of a table.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the answer")]
#[derive(QueryableByName)]
pub(super) struct Relation {
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) schema: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_temporary: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_partition: bool,
    #[diesel(sql_type = Bool)]
    pub(super) has_children: bool,
    /// Whether row security applies to this role.
    #[diesel(sql_type = Bool)]
    pub(super) is_filtered: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_redirected: bool,
    /// False without a question if it is not sized.
    #[diesel(sql_type = Bool)]
    pub(super) is_empty: bool,
    /// The columns that this role may not read.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) unreadable: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) role: String,
}

/// Reads the relations that are meant by `names`, and whether those that are named in `sized` are empty.
pub(super) async fn relations(
    mut connection: &OpenConnection,
    names: &[&str],
    sized: &[&str],
) -> Result<Vec<Relation>, StoreError> {
    let select = sql_query(SELECT).bind::<Array<Text>, _>(names).bind::<Array<Text>, _>(sized);
    Ok(select.load(&mut connection).await?)
}

impl Relation {
    pub(super) fn qualified_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    pub(super) fn is_table(&self) -> bool {
        self.kind == "r"
    }

    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind.as_str() {
            "r" => "table",
            "p" => "partitioned table",
            "v" => "view",
            "m" => "materialized view",
            _ => "foreign table",
        }
    }
}
