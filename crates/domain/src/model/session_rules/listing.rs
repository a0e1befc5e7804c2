//! Listings of sessions.

use std::cmp::Reverse;

use time::OffsetDateTime;

use crate::model::SessionSummary;

/// The sessions that have not expired, the most recently used first.
///
/// # Parameters
/// - `sessions`: sessions of one user that have not ended.
#[must_use]
pub fn live(mut sessions: Vec<SessionSummary>, now: OffsetDateTime) -> Vec<SessionSummary> {
    sessions.retain(|session| session.expires_at > now);
    // Equal times are ordered by id, so that every store returns the same order.
    sessions.sort_by_key(|session| Reverse((session.rotated_at, session.session_id)));
    sessions
}
