//! The limits of refreshes.

use crate::model::{MAX_RETRIES, RefreshLimit, RefreshMinute, Rotate, Rotation, SessionRecord};

/// Adds a refresh to the minute of `record`, and returns the new minute of the user; `None` if it has no limit.
///
/// # Errors
/// [`Rotation::RateLimited`] if a limit is reached. If both minutes are full, it is the one that ends last, so that a call
/// after `retry_after` is not rejected again.
pub(super) fn count(
    record: &mut SessionRecord,
    user_minute: Option<RefreshMinute>,
    rotate: &Rotate,
    now: i64,
) -> Result<Option<RefreshMinute>, Rotation> {
    let (session, user) = (RefreshMinute::at(record.minute, now), RefreshMinute::at(user_minute, now));
    let limited =
        |limit, minute: RefreshMinute| Rotation::RateLimited { limit, retry_after: minute.rest(now) };
    if session.refreshes == 0 {
        // Without a reset, a client that lost the answers to all retries could never get its successor.
        record.retries = record.retries.min(1);
    }
    if record.retries > MAX_RETRIES {
        return Err(limited(RefreshLimit::Retries, session));
    }
    let is_full = [session.is_full(rotate.limits.per_session), user.is_full(rotate.limits.per_user)];
    match is_full {
        [true, true] if session.rest(now) < user.rest(now) => return Err(limited(RefreshLimit::User, user)),
        [true, _] => return Err(limited(RefreshLimit::Session, session)),
        [false, true] => return Err(limited(RefreshLimit::User, user)),
        [false, false] => {}
    }
    if rotate.limits.per_session.is_some() || record.retries > 0 {
        record.minute = Some(session.counted());
    }
    Ok(rotate.limits.per_user.map(|_| user.counted()))
}
