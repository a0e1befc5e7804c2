//! The statement that looks up a user.

use std::marker::PhantomData;

use auth_domain::model::{Email, UserId};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{Bool, HasSqlType, Integer, Nullable, Text, Timestamptz, Uuid};

/// A lookup that also selects `pg_is_in_recovery()`, because the server may have become a standby since the connection was
/// made.
///
/// One statement, because a pooler could send two statements to two servers. It returns a row also for an unknown user, so
/// that a standby is recognised in this case, too.
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

const SELECT: &str = "SELECT pg_is_in_recovery(), users.id, users.tenant_id, users.email, users.password_hash, \
                      users.status, users.role, users.created_at FROM (SELECT) AS one LEFT JOIN users ON ";

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
        statement.push_sql(self.condition);
        statement.push_bind_param::<ST, K>(&self.key)
    }
}

impl<K, ST> Query for Lookup<K, ST> {
    type SqlType = (Bool, Nullable<Columns>);
}

/// The two statements differ in the type of the key.
impl<K, ST: 'static> QueryId for Lookup<K, ST> {
    type QueryId = Lookup<(), ST>;

    const HAS_STATIC_QUERY_ID: bool = true;
}
