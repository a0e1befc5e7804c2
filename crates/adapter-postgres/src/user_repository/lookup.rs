//! The statements that look up users.

use std::marker::PhantomData;

use auth_domain::model::{Email, UserId};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Bool, HasSqlType, Integer, Nullable, Text, Timestamptz, Uuid};

/// A lookup that also selects `pg_is_in_recovery()`, because the server may have become a standby since the connection was
/// made.
///
/// One statement, because a pooler could send two statements to two servers. It returns a row also for an unknown user, so
/// that a standby is recognised in this case, too. It also selects whether `users` is a table, because a view in its place may hide
/// users or change them.
pub(super) struct Lookup<K, ST> {
    key: K,
    condition: &'static str,
    key_type: PhantomData<ST>,
}

/// The columns of [`UserRow`](super::row::UserRow).
type Columns = (
    Uuid,
    Nullable<Uuid>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Integer>,
    Nullable<Integer>,
    Nullable<Timestamptz>,
);

const SELECT: &str = "SELECT pg_is_in_recovery(), ";
/// It needs no plan of its own, as a query of `pg_class` would, which costs half as much as the lookup.
const IS_TABLE: &str =
    "(pg_identify_object('pg_catalog.pg_class'::regclass, 'users'::regclass, 0)).type = 'table'";
const OF_ONE: &str = ", users.id, users.tenant_id, users.email, users.password_hash, users.status, users.role, users.created_at \
                      FROM (SELECT) AS one LEFT JOIN users ON ";

impl Lookup<uuid::Uuid, Uuid> {
    pub(super) fn by_id(id: UserId) -> Self {
        Self { key: id.as_uuid(), condition: "users.id = ", key_type: PhantomData }
    }
}

impl<'a> Lookup<&'a str, Text> {
    pub(super) fn by_email(email: &'a Email) -> Self {
        Self { key: email.as_str(), condition: "users.email = ", key_type: PhantomData }
    }
}

impl<K: ToSql<ST, Pg>, ST> QueryFragment<Pg> for Lookup<K, ST>
where
    Pg: HasSqlType<ST>,
{
    fn walk_ast<'b>(&'b self, mut statement: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        statement.push_sql(SELECT);
        statement.push_sql(IS_TABLE);
        statement.push_sql(OF_ONE);
        statement.push_sql(self.condition);
        statement.push_bind_param::<ST, K>(&self.key)
    }
}

impl<K, ST> Query for Lookup<K, ST> {
    type SqlType = (Bool, Bool, Nullable<Columns>);
}

/// The two statements differ in the type of the key.
impl<K, ST: 'static> QueryId for Lookup<K, ST> {
    type QueryId = Lookup<(), ST>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

/// Lookups of several users by id. Each row begins with the place of the id, counted from 1: the server may return the rows in
/// another order.
///
/// Like [`Lookup`], it returns a row also for an unknown user.
pub(super) struct BatchLookup {
    ids: Vec<uuid::Uuid>,
}

/// In a query of its own, the expression is computed once, and not for each row.
const SELECT_BATCH: &str = "SELECT asked.place, pg_is_in_recovery(), (SELECT ";
const OF_BATCH: &str = "), users.id, users.tenant_id, users.email, users.password_hash, users.status, users.role, users.created_at \
                        FROM unnest(";
const JOIN_BATCH: &str =
    "::uuid[]) WITH ORDINALITY AS asked (id, place) LEFT JOIN users ON users.id = asked.id";

impl BatchLookup {
    pub(super) fn by_id(ids: &[UserId]) -> Self {
        Self { ids: ids.iter().map(UserId::as_uuid).collect() }
    }
}

impl QueryFragment<Pg> for BatchLookup {
    fn walk_ast<'b>(&'b self, mut statement: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        statement.push_sql(SELECT_BATCH);
        statement.push_sql(IS_TABLE);
        statement.push_sql(OF_BATCH);
        statement.push_bind_param::<Array<Uuid>, _>(&self.ids)?;
        statement.push_sql(JOIN_BATCH);
        Ok(())
    }
}

impl Query for BatchLookup {
    type SqlType = (BigInt, Bool, Bool, Nullable<Columns>);
}

impl QueryId for BatchLookup {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}
