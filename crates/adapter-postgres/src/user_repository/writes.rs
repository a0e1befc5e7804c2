//! Writing users. Each write is one statement, which knows by itself when it is too late.

use auth_domain::model::{NewUser, PasswordHash, TenantId, UserId, UserStatus};
use auth_domain::ports::{Insertion, Replacement};
use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;

use crate::error::{StoreError, TOO_LATE};
use crate::pool::Lease;
use crate::schema::tenants;

/// The tenant of users that name none.
const DEFAULT_TENANT: &str = "default";

type Write<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

pub(super) async fn default_tenant(
    lease: &Lease,
    candidate: TenantId,
    now: OffsetDateTime,
) -> Result<TenantId, StoreError> {
    // Looking first spares a role the right to make tenants.
    if let Some(id) = named_tenant(lease).await? {
        return Ok(id);
    }
    let insert = "INSERT INTO tenants (id, name, created_at, updated_at)
                  SELECT $2, $3, $4, $4 FROM moment WHERE in_time ON CONFLICT (name) DO NOTHING";
    let write = timely(lease, insert).await?.bind::<Uuid, _>(candidate.as_uuid());
    perform(lease, write.bind::<Text, _>(DEFAULT_TENANT).bind::<Timestamptz, _>(now)).await?;
    named_tenant(lease).await?.ok_or(StoreError::Contradiction("the default tenant vanished"))
}

pub(super) async fn insert(
    lease: &Lease,
    user: &NewUser,
    now: OffsetDateTime,
) -> Result<Insertion, StoreError> {
    let insert = "INSERT INTO users
                      (id, tenant_id, email, password_hash, role, status, created_at, updated_at)
                  SELECT $2, $3, $4, $5, $6, $7, $8, $8 FROM moment WHERE in_time
                  ON CONFLICT (email) DO NOTHING";
    let write = timely(lease, insert)
        .await?
        .bind::<Uuid, _>(user.id.as_uuid())
        .bind::<Uuid, _>(user.tenant_id.as_uuid())
        .bind::<Text, _>(user.email.as_str())
        .bind::<Text, _>(user.password_hash.expose())
        .bind::<Integer, _>(user.role.code())
        .bind::<Integer, _>(UserStatus::Active.code())
        .bind::<Timestamptz, _>(now);
    match perform(lease, write).await {
        Ok(true) => Ok(Insertion::Inserted),
        Ok(false) => Ok(Insertion::EmailTaken),
        Err(error) if error.is_missing_reference() => Ok(Insertion::UnknownTenant),
        Err(error) => Err(error),
    }
}

pub(super) async fn set_status(
    lease: &Lease,
    id: UserId,
    status: UserStatus,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let update = "UPDATE users SET status = $2, updated_at = $3 FROM moment WHERE in_time AND id = $4";
    let write = timely(lease, update).await?.bind::<Integer, _>(status.code());
    perform(lease, write.bind::<Timestamptz, _>(now).bind::<Uuid, _>(id.as_uuid())).await
}

/// Touches no other column: a role needs the right to this one alone.
pub(super) async fn replace_password_hash(
    lease: &Lease,
    id: UserId,
    expected: Option<&PasswordHash>,
    new: &PasswordHash,
) -> Result<Replacement, StoreError> {
    let update = "UPDATE users SET password_hash = $2 FROM moment
                  WHERE in_time AND id = $3 AND password_hash IS NOT DISTINCT FROM $4";
    let write = timely(lease, update)
        .await?
        .bind::<Text, _>(new.expose())
        .bind::<Uuid, _>(id.as_uuid())
        .bind::<Nullable<Text>, _>(expected.map(PasswordHash::expose));
    let is_replaced = perform(lease, write).await?;
    Ok(if is_replaced { Replacement::Replaced } else { Replacement::Changed })
}

async fn named_tenant(lease: &Lease) -> QueryResult<Option<TenantId>> {
    let mut connection: &AsyncPgConnection = lease;
    let named = tenants::table.select(tenants::id).filter(tenants::name.eq(DEFAULT_TENANT));
    Ok(named.get_result(&mut connection).await.optional()?.map(TenantId::from_uuid))
}

/// Makes `write` a statement that does nothing past the deadline of this call, which is its `$1`.
///
/// It looks at the clock before it writes, and again with the row in its hands: waiting for a lock may have
/// taken long, and raising an error then undoes the write.
async fn timely<'a>(lease: &Lease, write: &str) -> Result<Write<'a>, StoreError> {
    let deadline = lease.deadline().await?;
    let statement = format!(
        "WITH moment AS MATERIALIZED (SELECT clock_timestamp() < $1 AS in_time),
         written AS ({write} RETURNING
             CAST(CASE WHEN clock_timestamp() < $1 THEN '1' ELSE '{TOO_LATE}' END AS integer) AS kept)
         SELECT in_time, (SELECT count(kept) FROM written) AS written FROM moment"
    );
    Ok(sql_query(statement).into_boxed().bind::<Timestamptz, _>(deadline))
}

/// Tells whether a row was written.
async fn perform(lease: &Lease, write: Write<'_>) -> Result<bool, StoreError> {
    let mut connection: &AsyncPgConnection = lease;
    let outcome: Outcome = write.get_result(&mut connection).await?;
    if outcome.in_time { Ok(outcome.written > 0) } else { Err(StoreError::TooLate) }
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Bool)]
    in_time: bool,
    #[diesel(sql_type = BigInt)]
    written: i64,
}
