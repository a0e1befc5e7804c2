//! Reading users.

use std::time::Instant;

use auth_domain::model::{Email, RequestTime, User, UserId};
use auth_domain::ports::UserListing;
use diesel::{QueryDsl, SelectableHelper};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::lookup::Lookup;
use super::row::UserRow;
use crate::database::PostgresDatabase;
use crate::error::StoreError;
use crate::links::Links;
use crate::pool::Lease;
use crate::schema::users;
use crate::server_clock::now;

/// What a user is looked up by.
#[derive(Clone, Copy)]
pub(super) enum Key<'a> {
    Id(UserId),
    Email(&'a Email),
}

/// Finds a user over a shared connection, and over the next where that one is of no use any more.
pub(super) async fn find(
    database: &PostgresDatabase,
    key: Key<'_>,
    request_time: RequestTime,
) -> Result<Option<User>, StoreError> {
    let until = database.begin(request_time)?;
    // After an outage all of them are gone.
    let mut more_attempts = 0..Links::COUNT;
    let row = loop {
        match attempt(database, key, until).await {
            Err(error) if error.is_of_the_connection() && more_attempts.next().is_some() => {}
            outcome => break outcome?,
        }
    };
    Ok(row.map(User::try_from).transpose()?)
}

async fn attempt(
    database: &PostgresDatabase,
    key: Key<'_>,
    until: Instant,
) -> Result<Option<UserRow>, StoreError> {
    let link = database.links().get(until).await?;
    database.links().run(&link, until, read(link.connection(), key)).await
}

async fn read(mut connection: &AsyncPgConnection, key: Key<'_>) -> Result<Option<UserRow>, StoreError> {
    let (is_standby, row): (bool, Option<UserRow>) = match key {
        Key::Id(id) => Lookup::by_id(id).get_result(&mut connection).await?,
        // The one text that the server rejects to compare with: it can have stored none like it.
        Key::Email(email) if email.as_str().contains('\0') => return Ok(None),
        Key::Email(email) => Lookup::by_email(email).get_result(&mut connection).await?,
    };
    if is_standby { Err(StoreError::Demoted) } else { Ok(row) }
}

/// Reads everybody. Servers sort by many rules, so the order is made here.
pub(super) async fn list(lease: &Lease) -> Result<UserListing, StoreError> {
    now(lease).await?;
    let mut connection: &AsyncPgConnection = lease;
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
