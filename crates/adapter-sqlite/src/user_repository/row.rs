//! A user as a row.

use auth_domain::model::{
    Email, NewUser, PasswordHash, Role, TenantId, User, UserId, UserStatus, to_unix_microseconds,
};
use auth_domain::ports::{UnreadableUser, UserCursor};
use diesel::{Insertable, Queryable, Selectable};

use crate::schema::users;
use crate::stored::{id, time};

/// The columns of `users` that are read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::sqlite::Sqlite))]
pub(super) struct UserRow {
    id: Vec<u8>,
    tenant_id: Vec<u8>,
    email: String,
    password_hash: Option<String>,
    status: i64,
    role: i64,
    created_at: i64,
}

impl UserRow {
    /// The position in the order of ids. The id may not be a UUID.
    pub(super) fn cursor(&self) -> UserCursor {
        UserCursor::new(self.id.clone())
    }
}

impl TryFrom<UserRow> for User {
    type Error = UnreadableUser;

    fn try_from(row: UserRow) -> Result<Self, UnreadableUser> {
        const ID: &str = "the sixteen bytes of a UUID";
        let status = i32::try_from(row.status).ok().and_then(UserStatus::from_code);
        let role = i32::try_from(row.role).ok().and_then(Role::from_code);
        let unreadable = |column, expected| UnreadableUser { user_id: None, column, expected };
        let user_id = UserId::from_uuid(id(&row.id).map_err(|_| unreadable("id", ID))?);
        let unreadable = |column, expected| UnreadableUser { user_id: Some(user_id), column, expected };
        Ok(Self {
            id: user_id,
            tenant_id: TenantId::from_uuid(id(&row.tenant_id).map_err(|_| unreadable("tenant_id", ID))?),
            email: Email::from_trusted(row.email),
            password_hash: row.password_hash.map(PasswordHash::new),
            status: status.ok_or_else(|| unreadable("status", "0 or 1"))?,
            role: role.ok_or_else(|| unreadable("role", "0, 1, 10 or 20"))?,
            created_at: time(row.created_at)
                .map_err(|_| unreadable("created_at", "microseconds since 1970"))?,
        })
    }
}

/// A row of `users` to be inserted.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub(super) struct NewUserRow<'a> {
    id: &'a [u8],
    tenant_id: &'a [u8],
    email: &'a str,
    password_hash: Option<&'a str>,
    status: i64,
    role: i64,
    created_at: i64,
    updated_at: i64,
}

impl<'a> NewUserRow<'a> {
    pub(super) fn new(user: &'a NewUser, now: i64) -> Self {
        Self {
            id: user.id.as_bytes(),
            tenant_id: user.tenant_id.as_bytes(),
            email: user.email.as_str(),
            password_hash: user.password_hash.as_ref().map(PasswordHash::expose),
            status: user.status.code().into(),
            role: user.role.code().into(),
            created_at: to_unix_microseconds(user.created_at),
            updated_at: now,
        }
    }
}
