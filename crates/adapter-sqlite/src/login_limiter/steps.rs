//! The steps on the table of attempts.

use auth_domain::model::{AxisKey, LoginAttempt, duration_from_micros};
use auth_domain::ports::{Reservation, Settlement, Ticket};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SqliteConnection, delete, insert_into,
    update,
};

use super::attempts::{Attempts, Rule, out_of_patience};
use crate::error::StoreError;
use crate::schema::login_failures::{self, at, axis_key, email_key, settled, ticket};

/// Takes a place on every axis of the attempt, or on none.
pub(super) fn reserve(
    connection: &mut SqliteConnection,
    attempt: LoginAttempt,
    rule: Rule,
    now: i64,
) -> Result<Reservation, StoreError> {
    let mut counted = Vec::new();
    for axis in axes(attempt) {
        counted.push((axis, read(connection, axis, rule, now)?));
    }
    // If both are full for the same time, `max_by_key` returns the last one: the email.
    let full = counted.iter().rev().filter_map(|(axis, attempts)| Some((*axis, attempts.opens_at(rule)?)));
    if let Some((key, opens_at)) = full.max_by_key(|(_, opens_at)| *opens_at) {
        let retry_after = duration_from_micros(opens_at.saturating_sub(now));
        return Ok(Reservation::Refused { key, retry_after });
    }
    if let Some((axis, _)) = counted.iter().find(|(_, attempts)| attempts.is_full(rule)) {
        return Ok(Reservation::Busy(*axis));
    }
    for axis in axes(attempt) {
        insert(connection, attempt, axis, now)?;
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
    let is_axis = axis_key.eq(attempt.email.as_bytes().as_slice()).or(axis_key.eq(address(&attempt)));
    let own = login_failures::table.filter(is_axis).filter(ticket.eq(attempt.ticket.as_bytes().as_slice()));
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
                .filter(axis_key.eq(address(&attempt)))
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
    axis: AxisKey,
    now: i64,
) -> Result<(), StoreError> {
    let is_failure = settled.or(at.le(out_of_patience(now)));
    let failures = login_failures::table.filter(axis_key.eq(axis.as_bytes().as_slice())).filter(is_failure);
    delete(failures).execute(connection)?;
    Ok(())
}

fn axes(attempt: LoginAttempt) -> impl Iterator<Item = AxisKey> {
    [Some(attempt.email), attempt.address].into_iter().flatten()
}

/// The address axis; the email's where there is none, on which it names nothing more.
fn address(attempt: &LoginAttempt) -> &[u8] {
    attempt.address.as_ref().unwrap_or(&attempt.email).as_bytes()
}

/// Deletes what has left the window of an axis and counts what is in it.
fn read(
    connection: &mut SqliteConnection,
    axis: AxisKey,
    rule: Rule,
    now: i64,
) -> Result<Attempts, StoreError> {
    let rows = login_failures::table.filter(axis_key.eq(axis.as_bytes().as_slice()));
    delete(rows.filter(at.le(now.saturating_sub(rule.window)))).execute(connection)?;
    // The clock was ahead when the attempt was stored. It counts from now on: its stored time would prolong a rejection.
    update(rows.filter(at.gt(now))).set(at.eq(now)).execute(connection)?;
    let rows: Vec<(i64, bool)> = rows.select((at, settled)).order(at).load(connection)?;
    Ok(Attempts::count(rows, now))
}

fn insert(
    connection: &mut SqliteConnection,
    attempt: LoginAttempt,
    axis: AxisKey,
    now: i64,
) -> Result<(), StoreError> {
    let row = (
        axis_key.eq(axis.as_bytes().as_slice()),
        at.eq(now),
        ticket.eq(attempt.ticket.as_bytes().as_slice()),
        email_key.eq(attempt.email.as_bytes().as_slice()),
        settled.eq(false),
    );
    insert_into(login_failures::table).values(row).execute(connection)?;
    Ok(())
}
