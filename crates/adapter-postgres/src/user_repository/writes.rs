//! Writes. Each is one statement that carries the deadline of its call.

use auth_domain::model::{NewUser, PasswordHash, TenantId, UserId, UserStatus};
use auth_domain::ports::{Insertion, Replacement};
use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, sql_query};
use diesel_async::RunQueryDsl;
use time::OffsetDateTime;

use crate::connection::{Lease, OpenConnection};
use crate::error::StoreError;
use crate::schema::tenants;

/// The name of the default tenant.
const DEFAULT_TENANT: &str = "default";

type Write<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

pub(super) async fn default_tenant(
    pooled: &Lease,
    candidate: TenantId,
    now: OffsetDateTime,
) -> Result<TenantId, StoreError> {
    // Without a write if the tenant exists: a role for login and refresh has no INSERT privilege.
    if let Some(id) = named_tenant(pooled).await? {
        return Ok(id);
    }
    let insert = "INSERT INTO tenants (id, name, created_at, updated_at)
                  SELECT $2, $3, $4, $4 FROM deadline WHERE in_time ON CONFLICT (name) DO NOTHING";
    let write = with_deadline(pooled, insert).await?.bind::<Uuid, _>(candidate.as_uuid());
    execute(pooled, write.bind::<Text, _>(DEFAULT_TENANT).bind::<Timestamptz, _>(now)).await?;
    named_tenant(pooled).await?.ok_or(StoreError::Contradiction(
        "the default tenant was deleted while users were created; repeat the command",
    ))
}

pub(super) async fn insert(
    pooled: &Lease,
    user: &NewUser,
    now: OffsetDateTime,
) -> Result<Insertion, StoreError> {
    let insert = "INSERT INTO users
                      (id, tenant_id, email, password_hash, role, status, created_at, updated_at)
                  SELECT $2, $3, $4, $5, $6, $7, $8, $8 FROM deadline WHERE in_time
                  ON CONFLICT (email) DO NOTHING";
    let write = with_deadline(pooled, insert)
        .await?
        .bind::<Uuid, _>(user.id.as_uuid())
        .bind::<Uuid, _>(user.tenant_id.as_uuid())
        .bind::<Text, _>(user.email.as_str())
        .bind::<Text, _>(user.password_hash.expose())
        .bind::<Integer, _>(user.role.code())
        .bind::<Integer, _>(UserStatus::Active.code())
        .bind::<Timestamptz, _>(now);
    match execute(pooled, write).await {
        Ok(true) => Ok(Insertion::Inserted),
        Ok(false) => Ok(Insertion::EmailTaken),
        Err(error) if error.is_foreign_key_violation() => Ok(Insertion::UnknownTenant),
        Err(error) => Err(error),
    }
}

pub(super) async fn set_status(
    pooled: &Lease,
    id: UserId,
    status: UserStatus,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let update = "UPDATE users SET status = $2, updated_at = $3 FROM deadline WHERE in_time AND id = $4";
    let write = with_deadline(pooled, update).await?.bind::<Integer, _>(status.code());
    execute(pooled, write.bind::<Timestamptz, _>(now).bind::<Uuid, _>(id.as_uuid())).await
}

/// Writes no other column, so that the role needs the UPDATE privilege for this one only.
pub(super) async fn replace_password_hash(
    pooled: &Lease,
    id: UserId,
    expected: Option<&PasswordHash>,
    new: &PasswordHash,
) -> Result<Replacement, StoreError> {
    let update = "UPDATE users SET password_hash = $2 FROM deadline
                  WHERE in_time AND id = $3 AND password_hash IS NOT DISTINCT FROM $4";
    let write = with_deadline(pooled, update)
        .await?
        .bind::<Text, _>(new.expose())
        .bind::<Uuid, _>(id.as_uuid())
        .bind::<Nullable<Text>, _>(expected.map(PasswordHash::expose));
    let is_replaced = execute(pooled, write).await?;
    Ok(if is_replaced { Replacement::Replaced } else { Replacement::Changed })
}

async fn named_tenant(pooled: &Lease) -> QueryResult<Option<TenantId>> {
    let mut connection: &OpenConnection = pooled;
    let named = tenants::table.select(tenants::id).filter(tenants::name.eq(DEFAULT_TENANT));
    Ok(named.get_result(&mut connection).await.optional()?.map(TenantId::from_uuid))
}

/// Returns `write` as a statement that changes nothing after the deadline of the call, which is its `$1`.
///
/// The server may execute it long after the client has given up: it was frozen, or another transaction held a lock. So the
/// statement compares the deadline with the server's clock, and limits each wait for a lock to the remaining time.
async fn with_deadline<'a>(pooled: &Lease, write: &str) -> Result<Write<'a>, StoreError> {
    let deadline = pooled.server_deadline().await?;
    let statement = format!(
        "WITH deadline AS MATERIALIZED (
             SELECT left_ms > 0 AS in_time, set_config('lock_timeout', greatest(left_ms, 1)::text, true)
             FROM (SELECT ceil(extract(epoch FROM $1 - clock_timestamp()) * 1000)::integer AS left_ms) AS remaining),
         written AS ({write} RETURNING 1)
         SELECT in_time, (SELECT count(*) FROM written) AS written FROM deadline"
    );
    Ok(sql_query(statement).into_boxed().bind::<Timestamptz, _>(deadline))
}

/// Executes a write and returns whether it wrote a row.
///
/// # Errors
/// `DeadlinePassed` if the deadline had passed on the server.
async fn execute(pooled: &Lease, write: Write<'_>) -> Result<bool, StoreError> {
    let mut connection: &OpenConnection = pooled;
    let outcome: Outcome = write.get_result(&mut connection).await?;
    if outcome.in_time { Ok(outcome.written > 0) } else { Err(StoreError::DeadlinePassed) }
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Bool)]
    in_time: bool,
    #[diesel(sql_type = BigInt)]
    written: i64,
}
