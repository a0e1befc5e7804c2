//! Reading users.

use std::time::Instant;

use auth_domain::model::{Email, RequestTime, User, UserId};
use auth_domain::ports::UserListing;
use diesel::{QueryDsl, SelectableHelper};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::lookup::Lookup;
use super::row::UserRow;
use crate::clock::server_time;
use crate::connection::{Connections, Lease};
use crate::error::StoreError;
use crate::schema::users;

/// The key of a lookup.
#[derive(Clone, Copy)]
pub(super) enum Key<'a> {
    Id(UserId),
    Email(&'a Email),
}

/// Finds a user. If the connection is closed, it tries the next one.
pub(super) async fn find(
    connections: &Connections,
    key: Key<'_>,
    request_time: RequestTime,
) -> Result<Option<User>, StoreError> {
    let deadline = connections.call_deadline(request_time)?;
    // After an outage, every connection is closed.
    let mut more_attempts = 0..connections.max_closed();
    let row = loop {
        match attempt(connections, key, deadline).await {
            Err(error) if error.is_connection_error() && more_attempts.next().is_some() => {}
            outcome => break outcome?,
        }
    };
    Ok(row.map(User::try_from).transpose()?)
}

async fn attempt(
    connections: &Connections,
    key: Key<'_>,
    deadline: Instant,
) -> Result<Option<UserRow>, StoreError> {
    let connection = connections.for_lookup(deadline).await?;
    connection.run(read(&connection, key)).await
}

async fn read(mut connection: &AsyncPgConnection, key: Key<'_>) -> Result<Option<UserRow>, StoreError> {
    let (is_standby, row): (bool, Option<UserRow>) = match key {
        Key::Id(id) => Lookup::by_id(id).get_result(&mut connection).await?,
        // PostgreSQL rejects NUL in a text, so no stored email has it.
        Key::Email(email) if email.as_str().contains('\0') => return Ok(None),
        Key::Email(email) => Lookup::by_email(email).get_result(&mut connection).await?,
    };
    if is_standby { Err(StoreError::Demoted) } else { Ok(row) }
}

/// Reads every user. They are sorted here, because the collation of the server is unknown.
pub(super) async fn list(pooled: &Lease) -> Result<UserListing, StoreError> {
    // Fails on a standby.
    server_time(pooled).await?;
    let mut connection: &AsyncPgConnection = pooled;
    let rows: Vec<UserRow> = users::table.select(UserRow::as_select()).load(&mut connection).await?;
    let mut listing = UserListing::default();
    for row in rows {
        match User::try_from(row) {
            Ok(user) => listing.users.push(user),
            Err(row) => listing.unreadable.push(row),
        }
    }
    listing.users.sort_unstable_by(|a, b| a.email.as_str().cmp(b.email.as_str()));
    Ok(listing)
}
