//! The statements of each call, in the transaction of the call.

use auth_domain::model::attempt_window::{self, LoginLimits};
use auth_domain::model::{
    ClearedLimit, EmailLimitStatus, LimitKey, LoginAttempt, Reservation, Settlement, Ticket,
};
use diesel::SqliteConnection;
use time::OffsetDateTime;

use super::{daily_counts, records, successes, windows};
use crate::error::StoreError;

pub(super) fn reserve(
    connection: &mut SqliteConnection,
    attempt: &LoginAttempt,
    limits: &LoginLimits,
    now: OffsetDateTime,
) -> Result<Reservation, StoreError> {
    let stored = records::load(connection, attempt, limits)?;
    let (reservation, records) = limits.reserve(attempt, stored.clone(), now);
    records::save(connection, attempt, &stored, &records, limits)?;
    Ok(reservation)
}

pub(super) fn settle(
    connection: &mut SqliteConnection,
    ticket: &Ticket,
    outcome: Settlement,
    limits: &LoginLimits,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let stored = records::load(connection, &ticket.attempt, limits)?;
    let records = limits.settle(ticket, outcome, stored.clone(), now);
    records::save(connection, &ticket.attempt, &stored, &records, limits)
}

pub(super) fn clear(
    connection: &mut SqliteConnection,
    cleared: ClearedLimit,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    match cleared {
        ClearedLimit::Email(email) => {
            forget_addresses(connection, email, now)?;
            daily_counts::remove(connection, email)?;
            clear_window(connection, email, now)
        }
        ClearedLimit::Address { address, network } => {
            clear_window(connection, address, now)?;
            network.map_or(Ok(()), |network| clear_window(connection, network, now))
        }
    }
}

pub(super) fn forget_addresses(
    connection: &mut SqliteConnection,
    email: LimitKey,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let known = successes::load(connection, email)?;
    for success in &known {
        clear_window(connection, success.pair, now)?;
    }
    successes::save(connection, email, &known, &[])
}

pub(super) fn status(
    connection: &mut SqliteConnection,
    email: LimitKey,
    limits: &LoginLimits,
    now: OffsetDateTime,
) -> Result<EmailLimitStatus, StoreError> {
    Ok(limits.status(email, records::load_email(connection, email, limits)?, now))
}

fn clear_window(
    connection: &mut SqliteConnection,
    key: LimitKey,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let stored = windows::load(connection, key)?;
    let window = attempt_window::clear(stored.clone(), now);
    windows::save(connection, key, &stored, &window)
}
