//! Sessions whose times are in the future, because they were stored while a clock was ahead.

use std::time::Duration;

use time::OffsetDateTime;

use super::change::Change;
use crate::model::clock_tolerance::is_ahead;
use crate::model::{SessionRecord, SessionState, to_microseconds, to_unix_microseconds};

/// The change that a session needs if its last rotation is in the future; `None` if it is not.
///
/// The session lives from `seen` on as long as it would have lived from that rotation on. Access tokens that were issued in the
/// future are revoked: they would be valid when that time has come.
///
/// # Parameters
/// - `seen`: the time since which the clock is right.
/// - `access_lifetime`: the lifetime of access tokens, and the margin of the denylist.
#[must_use]
pub fn correct(
    record: &SessionRecord,
    now: OffsetDateTime,
    seen: OffsetDateTime,
    access_lifetime: Duration,
) -> Option<Change> {
    if !is_ahead(record.rotated_at, to_unix_microseconds(now)) {
        return None;
    }
    let seen = to_unix_microseconds(seen);
    let mut corrected = start_by(record, seen);
    let ahead = record.rotated_at.saturating_sub(seen).max(0);
    corrected.rotated_at = record.rotated_at.saturating_sub(ahead);
    corrected.expires_at = record.expires_at.saturating_sub(ahead).min(corrected.ends_at);
    corrected.state = match record.state {
        SessionState::Live => SessionState::Live,
        SessionState::Pending { at, reason } => SessionState::Pending { at: at.min(seen), reason },
        SessionState::Ended { at, reason } => SessionState::Ended { at: at.min(seen), reason },
    };
    let last_expiry = seen.saturating_add(to_microseconds(access_lifetime));
    let (denylist, live_tokens) =
        record.live_tokens.iter().partition(|token| to_unix_microseconds(token.expires_at) > last_expiry);
    corrected.live_tokens = live_tokens;
    Some(Change::new(corrected, denylist))
}

/// The record with its absolute limit counted from `now` on, if it was opened in the future.
pub(super) fn start_by(record: &SessionRecord, now: i64) -> SessionRecord {
    let mut record = record.clone();
    if is_ahead(record.created_at, now) {
        record.ends_at = record.ends_at.saturating_sub(record.created_at.saturating_sub(now));
        record.created_at = now;
    }
    record
}
