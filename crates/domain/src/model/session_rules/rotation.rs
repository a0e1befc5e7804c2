//! Rotation: the rule that consumes a refresh token.

use std::time::Duration;

use time::OffsetDateTime;

use super::change::{Change, Decision};
use super::clock_ahead::start_by;
use super::ending::{close, complete};
use super::limits::count;
use super::live_tokens::remember;
use crate::model::{
    ConcurrentRefresh, EndReason, RefreshMinute, Rotate, Rotation, SessionRecord, to_microseconds,
    to_unix_microseconds,
};

/// Replaces the presented refresh token by its successor.
///
/// The rule is idempotent on (presented, successor): a repeat is [`Rotation::Rotated`] until the successor is used. The
/// limits concern only a call that would succeed, and the room for its access token is checked after them.
///
/// # Parameters
/// - `user_minute`: the last minute with refreshes of the user, in all sessions.
#[must_use]
pub fn rotate(
    record: Option<&SessionRecord>,
    user_minute: Option<RefreshMinute>,
    rotate: &Rotate,
    now: OffsetDateTime,
    denylist_margin: Duration,
) -> Decision<Rotation> {
    let Some(record) = record else { return Decision::unchanged(Rotation::Unknown) };
    let (now, margin) = (to_unix_microseconds(now), to_microseconds(denylist_margin));
    if let Some(reason) = record.end_reason() {
        return Decision { outcome: ended(reason, rotate), change: complete(record, now, margin) };
    }
    let (outcome, mut new, is_counted) = match classify(record, rotate, now) {
        Presented::Rejected(rotation) => return Decision::unchanged(rotation),
        Presented::Used => {
            let change = close(record, EndReason::ReuseDetected, now, margin);
            let outcome =
                Rotation::ReuseDetected { rotated_from: record.rotated_from, rotation_may_be_lost: false };
            return Decision { outcome, change: Some(change) };
        }
        Presented::Current => (Rotation::Rotated, advance(record, rotate, now), false),
        Presented::Repeated(outcome) => (outcome, record.clone(), true),
        Presented::Retried(outcome) => (outcome, retry(record), false),
    };
    let counted = if is_counted { Ok(None) } else { count(&mut new, user_minute, rotate, now) };
    let user_minute = match counted {
        Ok(user_minute) => user_minute,
        Err(limited) => return Decision::unchanged(limited),
    };
    match remember(&mut new, rotate, now, margin) {
        Ok(denylist) => {
            Decision { outcome, change: Some(Change { user_minute, ..Change::new(new, denylist) }) }
        }
        Err(oldest) => Decision::unchanged(Rotation::AtCapacity { oldest }),
    }
}

/// The outcome for a session that has ended. A repeat is reuse again: the call without an answer has probably ended the
/// session, and no other call reports it.
fn ended(reason: EndReason, rotate: &Rotate) -> Rotation {
    if rotate.is_repeat && reason == EndReason::ReuseDetected {
        return Rotation::ReuseDetected { rotated_from: None, rotation_may_be_lost: false };
    }
    Rotation::Ended(reason)
}

/// What the presented token is to a live session.
enum Presented {
    /// The current token.
    Current,
    /// A token whose call has been granted before: this repeats it.
    Repeated(Rotation),
    /// The predecessor, and the call gets its successor.
    Retried(Rotation),
    /// A used token that ends the session.
    Used,
    /// A token that is not rotated, and changes nothing.
    Rejected(Rotation),
}

fn classify(record: &SessionRecord, rotate: &Rotate, now: i64) -> Presented {
    if record.tenant_id != rotate.tenant_id {
        return Presented::Rejected(Rotation::TenantMismatch);
    }
    let is_predecessor = record.previous == Some(rotate.presented.value);
    if is_predecessor && record.current == rotate.successor.value {
        return Presented::Repeated(Rotation::Rotated);
    }
    if now >= record.expires_at {
        return Presented::Rejected(Rotation::Expired);
    }
    if record.current == rotate.presented.value {
        return Presented::Current;
    }
    if is_predecessor { classify_predecessor(record, rotate, now) } else { classify_older(record, rotate) }
}

/// Retry and grace period concern the immediate predecessor and no older token (S-52).
fn classify_predecessor(record: &SessionRecord, rotate: &Rotate, now: i64) -> Presented {
    let rotated_from = record.rotated_from;
    // A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
    let distance = now.saturating_sub(record.rotated_at).saturating_abs();
    let is_in_grace_period = distance < to_microseconds(rotate.reuse_leeway);
    let outcome = match (&record.retry, rotate.concurrent_refresh) {
        (Some(kept), _) if kept.is_retried_by(rotate.retry.as_ref()) => Rotation::Retried(kept.clone()),
        _ if !is_in_grace_period => return Presented::Used,
        (Some(kept), ConcurrentRefresh::Share) => Rotation::Shared { sealed: kept.clone(), rotated_from },
        (Some(_), ConcurrentRefresh::Reject) | (None, _) => {
            return Presented::Rejected(Rotation::AlreadyUsed { rotated_from });
        }
    };
    if record.live_tokens.iter().any(|known| known.id == rotate.access_token.id) {
        return Presented::Repeated(outcome);
    }
    Presented::Retried(outcome)
}

/// An older token ends the session, unless the call repeats one without an answer: its client may have got the successor
/// by a retry at another instance, and used it.
fn classify_older(record: &SessionRecord, rotate: &Rotate) -> Presented {
    if rotate.is_repeat {
        return Presented::Rejected(Rotation::AlreadyUsed { rotated_from: record.rotated_from });
    }
    Presented::Used
}

/// The record with the successor as its current token. The sealed successor of the rotation before is dropped: the
/// token in it has just been used.
fn advance(record: &SessionRecord, rotate: &Rotate, now: i64) -> SessionRecord {
    let record = start_by(record, now);
    SessionRecord {
        current: rotate.successor.value,
        previous: Some(record.current),
        generation: record.generation.saturating_add(1),
        rotated_at: now,
        expires_at: to_unix_microseconds(rotate.expires_at).min(record.ends_at),
        retry: rotate.retry.clone(),
        retries: 0,
        rotated_from: rotate.rotated_from,
        ..record
    }
}

/// The record with one more call that gets the successor of the last rotation.
fn retry(record: &SessionRecord) -> SessionRecord {
    SessionRecord { retries: record.retries.saturating_add(1), ..record.clone() }
}
