//! The opening of sessions, and the limit on their number.

use time::OffsetDateTime;

use crate::model::{NewSession, SessionRecord, SessionState, SessionSummary, to_unix_microseconds};

/// The record of a new session; `None` if the session has a record, so that nothing changes.
///
/// A session id has 128 random bits, so a call for an existing session can only be a repeat of the call that opened it. A
/// session that has ended meanwhile stays as it is: the first call may have been answered before it ended.
#[must_use]
pub fn open(
    record: Option<&SessionRecord>,
    session: &NewSession,
    now: OffsetDateTime,
) -> Option<SessionRecord> {
    if record.is_some() {
        return None;
    }
    let now = to_unix_microseconds(now);
    let ends_at = to_unix_microseconds(session.ends_at);
    let predecessor = session.predecessor.as_ref();
    Some(SessionRecord {
        tenant_id: session.tenant_id,
        created_at: now,
        rotated_at: now,
        expires_at: to_unix_microseconds(session.expires_at).min(ends_at),
        ends_at,
        current: session.refresh_token.value,
        previous: predecessor.map(|predecessor| predecessor.digest),
        generation: 0,
        retry: predecessor.and_then(|predecessor| predecessor.retry.clone()),
        retries: 0,
        minute: None,
        rotated_from: predecessor.and_then(|predecessor| predecessor.presented_from),
        live_tokens: vec![session.access_token],
        state: SessionState::Live,
    })
}

/// The sessions that end, so that with one more the user has `max_sessions`: those idle longest.
///
/// # Parameters
/// - `live`: the user's live sessions, as [`live`](super::live) returns them.
#[must_use]
pub fn surplus(live: &[SessionSummary], max_sessions: u32) -> &[SessionSummary] {
    let kept = usize::try_from(max_sessions.saturating_sub(1)).unwrap_or(usize::MAX);
    live.get(kept..).unwrap_or_default()
}
