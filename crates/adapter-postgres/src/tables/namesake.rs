//! Other relations that have the name of a table of this service.

use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Array, Bool, Text};
use diesel_async::RunQueryDsl;

use super::needed::needed;
use crate::connection::OpenConnection;
use crate::error::StoreError;

/// Selects the relations of the search path, and for the names in `$1` those of all schemas, that have all columns of a table and are not
/// read.
///
/// A database may have thousands, such as one schema for each tenant, and other roles may create them. So only the first hundred of a name
/// are read, and a size, which waits for the locks of the table, is asked only for tables of the owner of the table that is read. For
/// others it is the estimate of the last `VACUUM` or `ANALYZE`.
const SELECT: &str = concat!(
    "
    SELECT used.name,
           other.nspname::text AS schema,
           place IS NOT NULL AS is_in_path,
           is_of_owner,
           CASE WHEN used.name <> ALL ($1) OR other.relkind <> 'r' THEN false
                WHEN is_filled THEN true
                WHEN is_of_owner THEN coalesce(pg_relation_size(other.oid) > 0, false)
                ELSE false END AS has_rows,
           current_user::text AS role
    FROM ",
    needed!(),
    "
    LEFT JOIN pg_class AS read ON read.oid = to_regclass(used.name)
    CROSS JOIN LATERAL (
        SELECT class.oid, class.relkind, nspname, place,
               coalesce(class.relowner = read.relowner, false) AS is_of_owner,
               class.relpages > 0 OR class.reltuples > 0 AS is_filled
        FROM pg_class AS class
        JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
        CROSS JOIN LATERAL (SELECT array_position(current_schemas(true), nspname)) AS path (place)
        WHERE class.relname = used.name::name AND class.oid IS DISTINCT FROM read.oid
            AND class.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND nspname NOT IN ('pg_catalog', 'information_schema')
            AND (class.relpersistence <> 't' OR schema.oid = pg_my_temp_schema())
            AND (place IS NOT NULL OR used.name = ANY ($1))
        ORDER BY place, is_of_owner DESC, is_filled DESC, class.oid
        LIMIT 100
    ) AS other
    WHERE (SELECT count(*) FROM pg_attribute
           WHERE attrelid = other.oid AND NOT attisdropped AND attname = ANY (needed)) = cardinality(needed)
    ORDER BY used.name, place, is_of_owner DESC, is_filled DESC, other.oid"
);

/// A relation that has the name and the columns of a table, and is not read.
#[derive(QueryableByName)]
pub(super) struct Namesake {
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) schema: String,
    /// Whether its schema is in the search path, and the role may use it.
    #[diesel(sql_type = Bool)]
    pub(super) is_in_path: bool,
    /// Whether it has the owner of the table that is read.
    #[diesel(sql_type = Bool)]
    pub(super) is_of_owner: bool,
    /// False without a question, unless the one that is read is empty.
    #[diesel(sql_type = Bool)]
    pub(super) has_rows: bool,
    #[diesel(sql_type = Text)]
    pub(super) role: String,
}

/// Reads the other relations of the search path, and for the names in `everywhere` those of all schemas.
pub(super) async fn namesakes(
    mut connection: &OpenConnection,
    everywhere: &[&str],
) -> Result<Vec<Namesake>, StoreError> {
    Ok(sql_query(SELECT).bind::<Array<Text>, _>(everywhere).load(&mut connection).await?)
}

impl Namesake {
    pub(super) fn qualified_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// Whether it can be the table that the operator means. Any role that may create tables can make one elsewhere, and must not be able
    /// to stop the service.
    pub(super) const fn is_trusted(&self) -> bool {
        self.is_in_path || self.is_of_owner
    }
}
