//! The records of an attempt: what the rules read and write.

use auth_domain::model::attempt_window::{LimitRecords, LoginLimits};
use auth_domain::model::{LimitKey, LoginAttempt};
use diesel::SqliteConnection;

use super::{daily_counts, successes, windows};
use crate::error::StoreError;

pub(super) fn load(
    connection: &mut SqliteConnection,
    attempt: &LoginAttempt,
    limits: &LoginLimits,
) -> Result<LimitRecords, StoreError> {
    let mut records = load_email(connection, attempt.email, limits)?;
    for key in keys_of_origin(attempt) {
        records.set_window(key, windows::load(connection, key)?);
    }
    if let (Some(origin), Some(_)) = (attempt.origin, limits.known_for) {
        records.known_emails = successes::load(connection, origin.address)?;
    }
    Ok(records)
}

/// The records of an email alone.
pub(super) fn load_email(
    connection: &mut SqliteConnection,
    email: LimitKey,
    limits: &LoginLimits,
) -> Result<LimitRecords, StoreError> {
    let mut records = LimitRecords::default();
    records.set_window(email, windows::load(connection, email)?);
    if limits.known_for.is_some() {
        records.known_addresses = successes::load(connection, email)?;
    }
    if limits.daily_failures.is_some() {
        records.daily = daily_counts::load(connection, email)?;
    }
    Ok(records)
}

pub(super) fn save(
    connection: &mut SqliteConnection,
    attempt: &LoginAttempt,
    stored: &LimitRecords,
    records: &LimitRecords,
    limits: &LoginLimits,
) -> Result<(), StoreError> {
    for key in keys_of_origin(attempt).into_iter().chain([attempt.email]) {
        windows::save(connection, key, stored.window(key), records.window(key))?;
    }
    successes::save(connection, attempt.email, &stored.known_addresses, &records.known_addresses)?;
    if let Some(origin) = attempt.origin {
        successes::save(connection, origin.address, &stored.known_emails, &records.known_emails)?;
    }
    daily_counts::save(connection, attempt.email, stored.daily, records.daily, limits.bounds.daily_emails)
}

fn keys_of_origin(attempt: &LoginAttempt) -> Vec<LimitKey> {
    let Some(origin) = attempt.origin else { return Vec::new() };
    let counted = [origin.address].into_iter().chain(origin.network).filter(|_| !origin.is_exempt);
    counted.chain([origin.pair]).collect()
}
