//! The end of sessions.

use std::time::Duration;

use time::OffsetDateTime;

use super::change::{Change, Decision};
use super::live_tokens::is_live;
use crate::model::{
    EndReason, EndSession, Ending, SessionRecord, SessionState, to_microseconds, to_unix_microseconds,
};

/// Ends one session. A session that has ended keeps its first reason. [`EndSession::also_revoke`] is the last token to denylist,
/// also if it is one of the session.
#[must_use]
pub fn end(
    record: Option<&SessionRecord>,
    end: &EndSession,
    now: OffsetDateTime,
    denylist_margin: Duration,
) -> Decision<Ending> {
    let Some(record) = record else { return Decision::unchanged(Ending::Unknown) };
    let (now, margin) = (to_unix_microseconds(now), to_microseconds(denylist_margin));
    let mut change = close(record, end.reason, now, margin);
    change.denylist.retain(|token| end.also_revoke.is_none_or(|last| last.id != token.id));
    change.denylist.extend(end.also_revoke);
    let is_done = change.record == *record && change.denylist.is_empty();
    Decision { outcome: Ending::Ended, change: (!is_done).then_some(change) }
}

/// Ends every session, also the expired ones: their last access tokens may outlive them. Returns the number of those
/// that had neither ended nor expired, and each change with the key of its session.
#[must_use]
pub fn end_all<'a, K>(
    sessions: impl IntoIterator<Item = (K, &'a SessionRecord)>,
    reason: EndReason,
    now: OffsetDateTime,
    denylist_margin: Duration,
) -> (usize, Vec<(K, Change)>) {
    let (now, margin) = (to_unix_microseconds(now), to_microseconds(denylist_margin));
    let mut alive = 0;
    let mut changes = Vec::new();
    for (key, record) in sessions {
        if record.end_reason().is_none() {
            alive += usize::from(record.expires_at > now);
            changes.push((key, close(record, reason, now, margin)));
        } else if let Some(change) = complete(record, now, margin) {
            changes.push((key, change));
        }
    }
    (alive, changes)
}

/// Ends a record. Of its tokens only the digests stay, and the access tokens that have to be in the denylist.
pub(super) fn close(record: &SessionRecord, reason: EndReason, now: i64, margin: i64) -> Change {
    let mut record = record.clone();
    record.live_tokens.retain(|token| is_live(token, now, margin));
    if record.state == SessionState::Live {
        let is_pending = !record.live_tokens.is_empty();
        record.state = if is_pending {
            SessionState::Pending { at: now, reason }
        } else {
            SessionState::Ended { at: now, reason }
        };
        record.retry = None;
        record.retries = 0;
        record.minute = None;
        record.rotated_from = None;
    }
    let denylist = record.live_tokens.clone();
    Change::new(record, denylist)
}

/// What is left to do for a session that has ended; `None` if nothing is.
pub(super) fn complete(record: &SessionRecord, now: i64, margin: i64) -> Option<Change> {
    match record.state {
        SessionState::Pending { reason, .. } => Some(close(record, reason, now, margin)),
        SessionState::Live | SessionState::Ended { .. } => None,
    }
}
