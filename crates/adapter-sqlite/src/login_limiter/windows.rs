//! The attempts on one limit key: one row each.

use std::collections::HashMap;

use auth_domain::model::attempt_window::{Attempt, AttemptState};
use auth_domain::model::{LimitKey, TicketId};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, delete, insert_into};

use crate::error::StoreError;
use crate::schema::login_failures::{self, at, email_key, limit_key, settled, ticket as ticket_id};
use crate::stored::sixteen_bytes;

/// The attempts on a key, from the oldest to the newest.
pub(super) fn load(connection: &mut SqliteConnection, key: LimitKey) -> Result<Vec<Attempt>, StoreError> {
    let rows: Vec<(i64, Vec<u8>, Vec<u8>, bool)> = login_failures::table
        .select((at, ticket_id, email_key, settled))
        .filter(limit_key.eq(key.as_bytes().as_slice()))
        .order(at)
        .load(connection)?;
    let attempt = |(time, id, email, is_settled): (i64, Vec<u8>, Vec<u8>, bool)| {
        Ok(Attempt {
            at: time,
            ticket: TicketId::from_bytes(sixteen_bytes(&id)?),
            email: LimitKey::from_bytes(sixteen_bytes(&email)?),
            state: if is_settled { AttemptState::Failed } else { AttemptState::InFlight },
        })
    };
    rows.into_iter().map(attempt).collect()
}

/// Stores the attempts that are new or have changed, and deletes those that are gone.
pub(super) fn save(
    connection: &mut SqliteConnection,
    key: LimitKey,
    stored: &[Attempt],
    window: &[Attempt],
) -> Result<(), StoreError> {
    let (before, after) = (by_ticket(stored), by_ticket(window));
    for gone in stored.iter().filter(|attempt| after.get(&attempt.ticket) != Some(attempt)) {
        let (key, id) = (key.as_bytes().as_slice(), gone.ticket.as_bytes().as_slice());
        delete(login_failures::table.find((key, gone.at, id))).execute(connection)?;
    }
    for new in window.iter().filter(|attempt| before.get(&attempt.ticket) != Some(attempt)) {
        let row = (
            limit_key.eq(key.as_bytes().as_slice()),
            at.eq(new.at),
            ticket_id.eq(new.ticket.as_bytes().as_slice()),
            email_key.eq(new.email.as_bytes().as_slice()),
            settled.eq(new.state == AttemptState::Failed),
        );
        insert_into(login_failures::table).values(row).execute(connection)?;
    }
    Ok(())
}

/// The attempts by their tickets, so that a comparison is linear: a high limit has thousands of attempts.
fn by_ticket(attempts: &[Attempt]) -> HashMap<TicketId, &Attempt> {
    attempts.iter().map(|attempt| (attempt.ticket, attempt)).collect()
}
