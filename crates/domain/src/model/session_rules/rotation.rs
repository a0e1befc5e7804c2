//! Rotation: the rule that consumes a refresh token.

use std::time::Duration;

use time::OffsetDateTime;

use super::change::Decision;
use super::ending::{close, complete};
use super::live_tokens::remember;
use crate::model::{
    EndReason, Rotate, Rotation, SealedSuccessor, SessionRecord, to_microseconds, to_unix_microseconds,
};

/// Replaces the presented refresh token by its successor.
///
/// The rule is idempotent on (presented, successor): a repeat is [`Rotation::Rotated`] until the successor is used.
#[must_use]
pub fn rotate(
    record: Option<&SessionRecord>,
    rotate: &Rotate,
    now: OffsetDateTime,
    denylist_margin: Duration,
) -> Decision<Rotation> {
    let Some(record) = record else { return Decision::unchanged(Rotation::Unknown) };
    let (now, margin) = (to_unix_microseconds(now), to_microseconds(denylist_margin));
    if let Some(reason) = record.end_reason() {
        return Decision { outcome: Rotation::Ended(reason), change: complete(record, now, margin) };
    }
    let (outcome, new) = match classify(record, rotate, now) {
        Presented::Rejected(rotation) => return Decision::unchanged(rotation),
        Presented::Used => {
            let change = close(record, EndReason::ReuseDetected, now, margin);
            return Decision { outcome: Rotation::ReuseDetected, change: Some(change) };
        }
        Presented::Current => (Rotation::Rotated, advance(record, rotate, now)),
        Presented::Repeated => (Rotation::Rotated, record.clone()),
        Presented::Retried(sealed) => (Rotation::Retried(sealed), record.clone()),
    };
    let mut new = new;
    match remember(&mut new, rotate.access_token, rotate.released, now, margin) {
        Ok(()) => Decision::store(outcome, new),
        Err(oldest) => Decision::unchanged(Rotation::AtCapacity { oldest }),
    }
}

/// What the presented token is to a live session.
enum Presented {
    /// The current token.
    Current,
    /// The predecessor, and its rotation to this same successor has been done.
    Repeated,
    /// The predecessor, presented again by the call that used it.
    Retried(SealedSuccessor),
    /// A used token, outside of the grace period.
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
        return Presented::Repeated;
    }
    if now >= record.expires_at {
        return Presented::Rejected(Rotation::Expired);
    }
    if record.current == rotate.presented.value {
        return Presented::Current;
    }
    if is_predecessor { classify_predecessor(record, rotate, now) } else { Presented::Used }
}

/// Retry and grace period concern the immediate predecessor and no older token (S-52).
fn classify_predecessor(record: &SessionRecord, rotate: &Rotate, now: i64) -> Presented {
    if let (Some(kept), Some(asked)) = (&record.retry, &rotate.retry)
        && kept.tag == asked.tag
    {
        return Presented::Retried(kept.clone());
    }
    // A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
    let distance = now.saturating_sub(record.rotated_at).saturating_abs();
    if distance < to_microseconds(rotate.reuse_leeway) {
        return Presented::Rejected(Rotation::AlreadyUsed { rotated_from: record.rotated_from });
    }
    Presented::Used
}

/// The record with the successor as its current token. The sealed successor of the rotation before is dropped: the
/// token in it has just been used.
fn advance(record: &SessionRecord, rotate: &Rotate, now: i64) -> SessionRecord {
    SessionRecord {
        current: rotate.successor.value,
        previous: Some(record.current),
        generation: record.generation.saturating_add(1),
        rotated_at: now,
        expires_at: to_unix_microseconds(rotate.expires_at).min(record.ends_at),
        retry: rotate.retry.clone(),
        rotated_from: rotate.rotated_from,
        ..record.clone()
    }
}
