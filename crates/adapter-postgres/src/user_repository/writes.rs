//! Writes. Each is one statement that carries the deadline of its call.

use auth_domain::model::{PasswordHash, TenantId, UserId, UserStatus};
use auth_domain::ports::{Deletion, Replacement};
use diesel::result::QueryResult;
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use time::OffsetDateTime;

use super::write::{execute, with_deadline};
use crate::connection::{Lease, OpenConnection};
use crate::error::StoreError;
use crate::schema::tenants;

/// The name of the default tenant.
const DEFAULT_TENANT: &str = "default";

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

pub(super) async fn delete(pooled: &Lease, id: UserId) -> Result<Deletion, StoreError> {
    let delete = "DELETE FROM users USING deadline WHERE in_time AND id = $2";
    let write = with_deadline(pooled, delete).await?.bind::<Uuid, _>(id.as_uuid());
    match execute(pooled, write).await {
        Ok(true) => Ok(Deletion::Deleted),
        Ok(false) => Ok(Deletion::Unknown),
        Err(error) if error.is_foreign_key_violation() => Ok(Deletion::Referenced),
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
