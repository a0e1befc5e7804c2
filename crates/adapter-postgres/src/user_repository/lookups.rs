//! Reading users.

use std::time::Instant;

use auth_domain::model::{Email, RequestTime, User, UserId};
use auth_domain::observation::Operation;
use auth_domain::ports::PortError;
use diesel_async::RunQueryDsl;
use futures_util::future::{join, join_all};

use super::lookup::{BatchLookup, Lookup};
use super::row::UserRow;
use crate::connection::{Connections, OpenConnection};
use crate::error::StoreError;
use crate::tables::expect_visible_users;

/// The keys of a lookup.
#[derive(Clone, Copy)]
enum Keys<'a> {
    Ids(&'a [UserId]),
    Email(&'a Email),
}

impl Keys<'_> {
    const fn operation(self) -> Operation {
        match self {
            Self::Ids(_) => Operation::FindById,
            Self::Email(_) => Operation::FindByEmail,
        }
    }
}

/// Finds a user.
pub(super) async fn find_by_email(
    connections: &Connections,
    email: &Email,
    request_time: RequestTime,
) -> Result<Option<User>, StoreError> {
    // PostgreSQL rejects NUL in a text, so no stored email has it.
    if email.as_str().contains('\0') {
        return Ok(None);
    }
    let rows = find(connections, Keys::Email(email), connections.call_deadline(request_time)?).await?;
    Ok(rows.into_iter().next().flatten().map(User::try_from).transpose()?)
}

/// A row or `None`, or the error of its lookup.
pub(super) type Found = Result<Option<UserRow>, PortError>;

/// Finds users. There is one result for each id, in the order of the ids.
///
/// A row can make the whole statement fail, as a text that is not valid in the encoding does. Then each id is looked up alone, at
/// the same time.
pub(super) async fn find_by_ids(
    connections: &Connections,
    ids: &[UserId],
    deadline: Instant,
) -> Result<Vec<Found>, StoreError> {
    match find(connections, Keys::Ids(ids), deadline).await {
        Ok(rows) => Ok(rows.into_iter().map(Ok).collect()),
        Err(error) if ids.len() > 1 && error.may_be_about_one_row() => {
            let alone = ids.iter().map(|id| find_alone(connections, *id, deadline));
            Ok(join_all(alone).await)
        }
        Err(error) => Err(error),
    }
}

async fn find_alone(connections: &Connections, id: UserId, deadline: Instant) -> Found {
    let rows = find(connections, Keys::Ids(&[id]), deadline).await?;
    Ok(rows.into_iter().next().flatten())
}

/// If the connection is closed, it tries the next one.
async fn find(
    connections: &Connections,
    keys: Keys<'_>,
    deadline: Instant,
) -> Result<Vec<Option<UserRow>>, StoreError> {
    // After an outage, every connection is closed.
    let mut more_attempts = 0..connections.max_closed();
    loop {
        match attempt(connections, keys, deadline).await {
            Err(error) if error.is_connection_error() && more_attempts.next().is_some() => {}
            outcome => return outcome,
        }
    }
}

async fn attempt(
    connections: &Connections,
    keys: Keys<'_>,
    deadline: Instant,
) -> Result<Vec<Option<UserRow>>, StoreError> {
    let connection = connections.for_lookup(deadline).await?;
    connection.run(keys.operation(), read(&connection, keys)).await
}

/// An unknown user is reported only after a check that no row is hidden: another relation may have taken the place of the table since the
/// connection was made.
async fn read(connection: &OpenConnection, keys: Keys<'_>) -> Result<Vec<Option<UserRow>>, StoreError> {
    match keys {
        // Half as much work for the server as a batch of one.
        Keys::Ids([id]) => read_one(connection, *id).await,
        Keys::Ids(ids) => read_batch(connection, ids).await,
        Keys::Email(email) => read_by_email(connection, email).await,
    }
}

/// Whether the server is a standby, whether `users` is a table, and the row.
type OneFound = (bool, bool, Option<UserRow>);

async fn read_one(mut connection: &OpenConnection, id: UserId) -> Result<Vec<Option<UserRow>>, StoreError> {
    let (is_standby, is_table, row): OneFound = Lookup::by_id(id).get_result(&mut connection).await?;
    expect_primary(is_standby)?;
    if row.is_none() || !is_table {
        expect_table(connection, is_table).await?;
    }
    Ok(vec![row])
}

/// Checks whether rows are hidden also if the user exists, so that the time does not reveal it. Both statements are pipelined.
async fn read_by_email(
    mut connection: &OpenConnection,
    email: &Email,
) -> Result<Vec<Option<UserRow>>, StoreError> {
    let lookup = Lookup::by_email(email);
    let (found, visible) = join(lookup.get_result(&mut connection), expect_visible_users(connection)).await;
    visible?;
    let (is_standby, is_table, row): OneFound = found?;
    expect_primary(is_standby)?;
    if !is_table {
        return Err(not_a_table());
    }
    Ok(vec![row])
}

async fn read_batch(
    mut connection: &OpenConnection,
    ids: &[UserId],
) -> Result<Vec<Option<UserRow>>, StoreError> {
    let rows: Vec<(i64, bool, bool, Option<UserRow>)> = BatchLookup::by_id(ids).load(&mut connection).await?;
    let mut found: Vec<_> = ids.iter().map(|_| None).collect();
    let mut are_of_a_table = true;
    for (place, is_standby, is_table, row) in rows {
        expect_primary(is_standby)?;
        are_of_a_table &= is_table;
        let place = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
        if let Some(of_id) = place.and_then(|place| found.get_mut(place)) {
            *of_id = Some(row);
        }
    }
    // A missing row must not be taken for an unknown user.
    let found: Option<Vec<_>> = found.into_iter().collect();
    let found = found.ok_or(StoreError::Contradiction("a lookup has no row for an id"))?;
    if found.iter().any(Option::is_none) || !are_of_a_table {
        expect_table(connection, are_of_a_table).await?;
    }
    Ok(found)
}

const fn expect_primary(is_standby: bool) -> Result<(), StoreError> {
    if is_standby { Err(StoreError::Demoted) } else { Ok(()) }
}

/// Checks that no row is hidden, after a lookup found that `users` is a table or not.
async fn expect_table(connection: &OpenConnection, is_table: bool) -> Result<(), StoreError> {
    expect_visible_users(connection).await?;
    if is_table { Ok(()) } else { Err(not_a_table()) }
}

fn not_a_table() -> StoreError {
    StoreError::Misconfigured("users is no table, so rows may be hidden; run `doctor`".to_owned())
}
