//! Rows of `users`.

use auth_domain::model::{Email, PasswordHash, Role, TenantId, User, UserId, UserStatus};
use auth_domain::ports::{UnreadableUser, UserCursor};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Timestamptz;
use diesel::{Queryable, Selectable};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::schema::users;

/// The columns that are read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub(super) struct UserRow {
    id: Uuid,
    tenant_id: Option<Uuid>,
    email: Option<String>,
    password_hash: Option<String>,
    status: Option<i32>,
    role: Option<i32>,
    created_at: Option<Time>,
}

impl UserRow {
    /// The position in the order of ids.
    pub(super) fn cursor(&self) -> UserCursor {
        UserCursor::new(self.id.as_bytes().to_vec())
    }
}

/// A time, or `None` for one that `OffsetDateTime` cannot represent, such as `infinity`.
#[derive(FromSqlRow)]
pub(super) struct Time(Option<OffsetDateTime>);

impl FromSql<Timestamptz, Pg> for Time {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(<OffsetDateTime as FromSql<Timestamptz, Pg>>::from_sql(bytes).ok()))
    }
}

impl TryFrom<UserRow> for User {
    type Error = UnreadableUser;

    fn try_from(row: UserRow) -> Result<Self, UnreadableUser> {
        let user_id = UserId::from_uuid(row.id);
        let unreadable = |column, expected| UnreadableUser { user_id: Some(user_id), column, expected };
        let (status, role) = (row.status.and_then(UserStatus::from_code), row.role.and_then(Role::from_code));
        Ok(Self {
            id: user_id,
            tenant_id: row
                .tenant_id
                .map(TenantId::from_uuid)
                .ok_or_else(|| unreadable("tenant_id", "the id of a tenant"))?,
            email: row.email.map(Email::from_trusted).ok_or_else(|| unreadable("email", "an email"))?,
            password_hash: row.password_hash.map(PasswordHash::new),
            status: status.ok_or_else(|| unreadable("status", "0 or 1"))?,
            role: role.ok_or_else(|| unreadable("role", "0, 1, 10 or 20"))?,
            created_at: row
                .created_at
                .and_then(|time| time.0)
                .ok_or_else(|| unreadable("created_at", "a time between the years -9999 and 9999"))?,
        })
    }
}
