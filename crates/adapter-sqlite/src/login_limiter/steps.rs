//! The steps on the table of attempts.

use auth_domain::model::{LimitKey, LoginAttempt, Reservation, Settlement, Ticket, from_microseconds};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, delete, insert_into,
    update,
};

use super::attempts::{Attempts, Rule, out_of_patience};
use crate::error::StoreError;
use crate::schema::login_failures::{self, at, email_key, limit_key, settled, ticket};

/// Takes a place on every axis of the attempt, or on none.
pub(super) fn reserve(
    connection: &mut SqliteConnection,
    attempt: LoginAttempt,
    rule: Rule,
    now: i64,
) -> Result<Reservation, StoreError> {
    let mut counted = Vec::new();
    for key in keys(attempt) {
        counted.push((key, read(connection, key, rule, now)?));
    }
    // If both are full for the same time, `max_by_key` returns the last one: the email.
    let full = counted.iter().rev().filter_map(|(key, attempts)| Some((*key, attempts.opens_at(rule)?)));
    if let Some((key, opens_at)) = full.max_by_key(|(_, opens_at)| *opens_at) {
        let retry_after = from_microseconds(opens_at.saturating_sub(now));
        return Ok(Reservation::Rejected { key, retry_after });
    }
    if let Some((key, _)) = counted.iter().find(|(_, attempts)| attempts.is_full(rule)) {
        return Ok(Reservation::Busy(*key));
    }
    for key in keys(attempt) {
        insert(connection, attempt, key, now)?;
    }
    Ok(Reservation::Reserved(Ticket { attempt }))
}

/// Records how an attempt ended.
pub(super) fn settle(
    connection: &mut SqliteConnection,
    attempt: LoginAttempt,
    outcome: Settlement,
    now: i64,
) -> Result<(), StoreError> {
    let is_key = limit_key.eq(attempt.email.as_bytes().as_slice()).or(limit_key.eq(address(&attempt)));
    let own = login_failures::table.filter(is_key).filter(ticket.eq(attempt.ticket.as_bytes().as_slice()));
    match outcome {
        Settlement::Failed => {
            update(own).set(settled.eq(true)).execute(connection)?;
        }
        Settlement::Abandoned => {
            delete(own).execute(connection)?;
        }
        Settlement::Succeeded => {
            delete(own).execute(connection)?;
            forget_failures(connection, attempt.email, now)?;
            let share = login_failures::table
                .filter(limit_key.eq(address(&attempt)))
                .filter(email_key.eq(attempt.email.as_bytes().as_slice()))
                .filter(settled);
            delete(share).execute(connection)?;
        }
    }
    Ok(())
}

/// Forgets the failures on an axis; attempts in flight stay.
pub(super) fn forget_failures(
    connection: &mut SqliteConnection,
    key: LimitKey,
    now: i64,
) -> Result<(), StoreError> {
    let is_failure = settled.or(at.le(out_of_patience(now)));
    let failures = login_failures::table.filter(limit_key.eq(key.as_bytes().as_slice())).filter(is_failure);
    delete(failures).execute(connection)?;
    Ok(())
}

fn keys(attempt: LoginAttempt) -> impl Iterator<Item = LimitKey> {
    [Some(attempt.email), attempt.address].into_iter().flatten()
}

/// The address axis; the email's where there is none, on which it names nothing more.
fn address(attempt: &LoginAttempt) -> &[u8] {
    attempt.address.as_ref().unwrap_or(&attempt.email).as_bytes()
}

/// Deletes what has left the window of an axis and counts what is in it.
fn read(
    connection: &mut SqliteConnection,
    key: LimitKey,
    rule: Rule,
    now: i64,
) -> Result<Attempts, StoreError> {
    let rows = login_failures::table.filter(limit_key.eq(key.as_bytes().as_slice()));
    delete(rows.filter(at.le(now.saturating_sub(rule.window)))).execute(connection)?;
    // The clock was ahead when the attempt was stored. It counts from now on: its stored time would prolong a rejection.
    update(rows.filter(at.gt(now))).set(at.eq(now)).execute(connection)?;
    let rows: Vec<(i64, bool)> = rows.select((at, settled)).order(at).load(connection)?;
    Ok(Attempts::count(rows, now))
}

fn insert(
    connection: &mut SqliteConnection,
    attempt: LoginAttempt,
    key: LimitKey,
    now: i64,
) -> Result<(), StoreError> {
    let row = (
        limit_key.eq(key.as_bytes().as_slice()),
        at.eq(now),
        ticket.eq(attempt.ticket.as_bytes().as_slice()),
        email_key.eq(attempt.email.as_bytes().as_slice()),
        settled.eq(false),
    );
    insert_into(login_failures::table).values(row).execute(connection)?;
    Ok(())
}
