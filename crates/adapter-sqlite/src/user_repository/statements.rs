//! The statements of each call, in the transaction of the call.

use auth_domain::model::{Email, NewUser, PasswordHash, TenantId, User, UserId, UserStatus};
use auth_domain::ports::{Deletion, Insertion, Replacement};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper, SqliteConnection,
    SqliteExpressionMethods,
};

use super::row::{NewUserRow, UserRow};
use crate::error::{StoreError, is_missing_reference};
use crate::schema::{tenants, users};
use crate::stored;

/// The name of the tenant of users who are created without one.
const DEFAULT_TENANT: &str = "default";

pub(super) fn find_by_email(
    connection: &mut SqliteConnection,
    email: &Email,
) -> Result<Option<User>, StoreError> {
    let rows = users::table.select(UserRow::as_select()).filter(users::email.eq(email.as_str()));
    Ok(rows.get_result(connection).optional()?.map(User::try_from).transpose()?)
}

pub(super) fn find_by_id(connection: &mut SqliteConnection, id: UserId) -> Result<Option<User>, StoreError> {
    let rows = users::table.select(UserRow::as_select()).find(id.as_bytes().as_slice());
    Ok(rows.get_result(connection).optional()?.map(User::try_from).transpose()?)
}

pub(super) fn default_tenant(
    connection: &mut SqliteConnection,
    candidate: TenantId,
    now: i64,
) -> Result<TenantId, StoreError> {
    let row = (
        tenants::id.eq(candidate.as_bytes().as_slice()),
        tenants::name.eq(DEFAULT_TENANT),
        tenants::created_at.eq(now),
        tenants::updated_at.eq(now),
    );
    let insert = diesel::insert_into(tenants::table).values(row);
    insert.on_conflict(tenants::name).do_nothing().execute(connection)?;
    let named = tenants::table.select(tenants::id).filter(tenants::name.eq(DEFAULT_TENANT));
    let id: Vec<u8> = named.get_result(connection)?;
    Ok(TenantId::from_uuid(stored::id(&id)?))
}

pub(super) fn insert(
    connection: &mut SqliteConnection,
    user: &NewUser,
    now: i64,
) -> Result<Insertion, StoreError> {
    let insert = diesel::insert_into(users::table).values(NewUserRow::new(user, now));
    // The email, or the id.
    match insert.on_conflict_do_nothing().execute(connection) {
        Ok(0) => Ok(Insertion::Taken),
        Ok(_) => Ok(Insertion::Inserted),
        Err(error) if is_missing_reference(&error) => Ok(Insertion::UnknownTenant),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn delete(connection: &mut SqliteConnection, id: UserId) -> Result<Deletion, StoreError> {
    let user = users::table.find(id.as_bytes().as_slice());
    let deleted = diesel::delete(user).execute(connection)?;
    Ok(if deleted > 0 { Deletion::Deleted } else { Deletion::Unknown })
}

pub(super) fn set_status(
    connection: &mut SqliteConnection,
    id: UserId,
    status: UserStatus,
    now: i64,
) -> Result<bool, StoreError> {
    let changes = (users::status.eq(i64::from(status.code())), users::updated_at.eq(now));
    let user = users::table.find(id.as_bytes().as_slice());
    Ok(diesel::update(user).set(changes).execute(connection)? > 0)
}

pub(super) fn replace_password_hash(
    connection: &mut SqliteConnection,
    id: UserId,
    expected: Option<&PasswordHash>,
    new: &PasswordHash,
    now: i64,
) -> Result<Replacement, StoreError> {
    // With `=`, a user without a hash would never match.
    let expected = users::password_hash.is(expected.map(PasswordHash::expose));
    let changes = (users::password_hash.eq(new.expose()), users::updated_at.eq(now));
    let user = users::table.find(id.as_bytes().as_slice()).filter(expected);
    let replaced = diesel::update(user).set(changes).execute(connection)?;
    Ok(if replaced > 0 { Replacement::Replaced } else { Replacement::Changed })
}
