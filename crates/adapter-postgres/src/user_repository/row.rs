//! Users as rows.

use auth_domain::model::{Email, PasswordHash, Role, TenantId, User, UserId, UserStatus};
use diesel::{Queryable, Selectable};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::StoreError;
use crate::schema::users;

/// A row of `users`, as far as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct UserRow {
    id: Uuid,
    tenant_id: Uuid,
    email: String,
    password_hash: Option<String>,
    status: i32,
    role: i32,
    created_at: OffsetDateTime,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let (status, role) = (UserStatus::from_code(row.status), Role::from_code(row.role));
        Ok(Self {
            id: UserId::from_uuid(row.id),
            tenant_id: TenantId::from_uuid(row.tenant_id),
            email: Email::from_trusted(row.email),
            password_hash: row.password_hash.map(PasswordHash::new),
            status: status.ok_or(StoreError::Contradiction("the status of a user is unknown"))?,
            role: role.ok_or(StoreError::Contradiction("the role of a user is unknown"))?,
            created_at: row.created_at,
        })
    }
}
