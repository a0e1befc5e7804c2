//! The daily counts: one row for each email.

use auth_domain::model::LimitKey;
use auth_domain::model::attempt_window::{DailyClass, DailyCount, HOURS};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SqliteConnection, delete, replace_into,
};

use crate::error::StoreError;
use crate::schema::login_daily_counts::{self, at, attempts, email_key, hour, known_last, unknown_last};
use crate::stored::sixteen_bytes;

const CONTRADICTION: StoreError = StoreError::Contradiction("a daily count does not have 25 hours");

/// The count of an email, if it is in the daily count.
pub(super) fn load(
    connection: &mut SqliteConnection,
    email: LimitKey,
) -> Result<Option<DailyCount>, StoreError> {
    let row: Option<(i64, i64, i64, Vec<u8>)> = login_daily_counts::table
        .select((hour, unknown_last, known_last, attempts))
        .find(email.as_bytes().as_slice())
        .get_result(connection)
        .optional()?;
    let Some((number, last_unknown, last_known, bytes)) = row else { return Ok(None) };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let counts: Vec<u16> = pairs.iter().copied().map(u16::from_le_bytes).collect();
    let (unknown, known) = counts.split_at_checked(HOURS).filter(|_| rest.is_empty()).ok_or(CONTRADICTION)?;
    let class = |last, counts: &[u16]| {
        Ok::<_, StoreError>(DailyClass { last, attempts: counts.try_into().map_err(|_| CONTRADICTION)? })
    };
    let (unknown, known) = (class(last_unknown, unknown)?, class(last_known, known)?);
    Ok(Some(DailyCount { hour: number, unknown, known }))
}

/// Stores the count of an email. Of more than `max_emails`, the one that was idle longest leaves.
pub(super) fn save(
    connection: &mut SqliteConnection,
    email: LimitKey,
    stored: Option<DailyCount>,
    count: Option<DailyCount>,
    max_emails: u32,
) -> Result<(), StoreError> {
    if count == stored {
        return Ok(());
    }
    let Some(count) = count else { return remove(connection, email) };
    if stored.is_none() {
        make_room(connection, max_emails)?;
    }
    let counts = [count.unknown.attempts, count.known.attempts];
    let bytes: Vec<u8> = counts.iter().flatten().flat_map(|count| count.to_le_bytes()).collect();
    let row = (
        email_key.eq(email.as_bytes().as_slice()),
        at.eq(count.unknown.last.max(count.known.last)),
        hour.eq(count.hour),
        unknown_last.eq(count.unknown.last),
        known_last.eq(count.known.last),
        attempts.eq(bytes),
    );
    replace_into(login_daily_counts::table).values(row).execute(connection)?;
    Ok(())
}

/// Takes an email out of the daily count.
pub(super) fn remove(connection: &mut SqliteConnection, email: LimitKey) -> Result<(), StoreError> {
    delete(login_daily_counts::table.find(email.as_bytes().as_slice())).execute(connection)?;
    Ok(())
}

/// Deletes the counts that were idle longest, until there is room for one more.
fn make_room(connection: &mut SqliteConnection, max_emails: u32) -> Result<(), StoreError> {
    let rows: i64 = login_daily_counts::table.count().get_result(connection)?;
    let surplus = rows.saturating_add(1).saturating_sub(max_emails.into()).max(0);
    let oldest: Vec<Vec<u8>> =
        login_daily_counts::table.select(email_key).order(at).limit(surplus).load(connection)?;
    for email in oldest {
        delete(login_daily_counts::table.find(email)).execute(connection)?;
    }
    Ok(())
}

/// Lets at most `batch` counts with a time after `latest` count from `now` on; returns their number.
pub(crate) fn count_daily_from(
    connection: &mut SqliteConnection,
    now: i64,
    latest: i64,
    batch: i64,
) -> Result<usize, StoreError> {
    let later = login_daily_counts::table.select(email_key).filter(at.gt(latest)).limit(batch);
    let emails: Vec<Vec<u8>> = later.load(connection)?;
    for email in &emails {
        let email = LimitKey::from_bytes(sixteen_bytes(email)?);
        let stored = load(connection, email)?;
        save(connection, email, stored, stored.and_then(|count| count.slide(now)), u32::MAX)?;
    }
    Ok(emails.len())
}
