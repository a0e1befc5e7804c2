//! The relations that have the name of a table of this service.

use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Array, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::connection::OpenConnection;
use crate::error::StoreError;

/// Selects every relation with the name of a table, in the order of the search path.
///
/// The size of a table waits for its locks. So it is asked only for the tables in `$1`, and for a table that another role may have created
/// only if the table of this service is empty.
const SELECT: &str = "
    SELECT class.relname::text AS name,
           schema.nspname::text AS schema,
           class.oid = read.oid AS is_read,
           place IS NOT NULL AS is_in_path,
           class.relkind::text AS kind,
           class.relpersistence = 't' AS is_temporary,
           class.relispartition AS is_partition,
           EXISTS (SELECT FROM pg_inherits WHERE inhparent = class.oid) AS has_children,
           class.oid = read.oid AND row_security_active(class.oid) AS is_filtered,
           EXISTS (SELECT FROM pg_rewrite WHERE ev_class = class.oid AND is_instead AND ev_enabled IN ('O', 'A')
               AND class.relkind = 'r') AS is_redirected,
           CASE WHEN class.oid = read.oid THEN NOT read.is_empty
                WHEN read.is_empty AND class.relkind = 'r' THEN coalesce(pg_relation_size(class.oid) > 0, false)
                ELSE false END AS has_rows,
           coalesce(cardinality(present) = cardinality(needed), false) AS is_alike,
           CASE WHEN class.oid = read.oid THEN array_to_string(unreadable, ', ') END AS unreadable,
           current_user::text AS role
    FROM (VALUES ('users', '{id,tenant_id,email,password_hash,status,role,created_at}'::name[]),
                 ('tenants', '{id,name}')) AS used (name, needed)
    CROSS JOIN LATERAL (
        SELECT coalesce(to_regclass(name)::oid, 0) AS oid,
               CASE WHEN name = ANY ($1) THEN coalesce(pg_relation_size(to_regclass(name)) = 0, false) ELSE false END AS is_empty
    ) AS read
    JOIN pg_class AS class ON class.relname = used.name
    JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
    CROSS JOIN LATERAL (SELECT array_position(current_schemas(true), schema.nspname)) AS path (place)
    CROSS JOIN LATERAL (
        SELECT array_agg(attname) AS present,
               array_agg(attname::text) FILTER (WHERE NOT has_column_privilege(class.oid, attnum, 'SELECT')) AS unreadable
        FROM pg_attribute WHERE attrelid = class.oid AND NOT attisdropped AND attname = ANY (needed)
    ) AS columns
    WHERE class.relname IN ('users', 'tenants') AND class.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND schema.nspname NOT IN ('pg_catalog', 'information_schema')
        AND (class.relpersistence <> 't' OR schema.oid = pg_my_temp_schema())
    ORDER BY name, place";

/// A relation with the name of a table.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the answer")]
#[derive(QueryableByName)]
pub(super) struct Relation {
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) schema: String,
    /// Whether a statement of this service means this relation.
    #[diesel(sql_type = Bool)]
    pub(super) is_read: bool,
    /// Whether its schema is in the search path, and the role may use it.
    #[diesel(sql_type = Bool)]
    pub(super) is_in_path: bool,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_temporary: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_partition: bool,
    #[diesel(sql_type = Bool)]
    pub(super) has_children: bool,
    /// Whether row security applies to this role. Only for the relation that is read.
    #[diesel(sql_type = Bool)]
    pub(super) is_filtered: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_redirected: bool,
    /// True without a question for the relations that are read and not sized. False for others, unless the one that is read is empty.
    #[diesel(sql_type = Bool)]
    pub(super) has_rows: bool,
    /// Whether it has all columns that this service reads.
    #[diesel(sql_type = Bool)]
    pub(super) is_alike: bool,
    /// The columns that this role may not read. Only for the relation that is read.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) unreadable: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) role: String,
}

/// Reads the relations that have the name of a table, and whether those that are named in `sized` are empty.
pub(super) async fn relations(
    mut connection: &OpenConnection,
    sized: &[&str],
) -> Result<Vec<Relation>, StoreError> {
    Ok(sql_query(SELECT).bind::<Array<Text>, _>(sized).load(&mut connection).await?)
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
