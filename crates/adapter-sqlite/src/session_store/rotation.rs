//! Rotation: the one step that consumes a refresh token.

use auth_domain::model::{EndReason, to_microseconds, to_unix_microseconds};
use auth_domain::model::{Rotate, Rotation, SealedSuccessor};
use diesel::SqliteConnection;

use super::Moment;
use super::ending::end_session;
use super::row::SessionRow;
use crate::error::StoreError;

/// What a presented token is to its session.
enum Judgement {
    /// Not to be rotated; nothing changes.
    Rejected(Rotation),
    /// A token that was used before: the session ends.
    Reused,
    /// The current token.
    Current,
    /// The current token of a moment ago, whose rotation to this same successor has been done.
    Done,
    /// The immediate predecessor, presented again by the call that used it.
    Retried(SealedSuccessor),
}

pub(super) fn rotate(
    connection: &mut SqliteConnection,
    rotate: &Rotate,
    moment: Moment,
) -> Result<Rotation, StoreError> {
    let Some(mut session) = SessionRow::find(connection, rotate.presented.session)? else {
        return Ok(Rotation::Unknown);
    };
    let mut advances = false;
    let rotation = match judge(&session, rotate, moment.now)? {
        Judgement::Rejected(rotation) => return Ok(rotation),
        Judgement::Reused => {
            end_session(connection, &mut session, EndReason::ReuseDetected, moment)?;
            return Ok(Rotation::ReuseDetected);
        }
        Judgement::Current => {
            advances = true;
            Rotation::Rotated
        }
        Judgement::Done => Rotation::Rotated,
        Judgement::Retried(retry) => Rotation::Retried(retry),
    };
    let mut live_tokens = session.live_tokens()?;
    // Other verifiers accept a token for a while after its end: until then it must be revocable.
    let dead_since = moment.now.saturating_sub(moment.margin);
    if let Err(oldest) = live_tokens.remember(rotate.access_token, rotate.released, dead_since) {
        return Ok(Rotation::AtCapacity { oldest });
    }
    session.set_live_tokens(&live_tokens);
    if advances {
        advance(&mut session, rotate, moment.now);
    }
    session.save(connection)?;
    Ok(rotation)
}

fn judge(session: &SessionRow, rotate: &Rotate, now: i64) -> Result<Judgement, StoreError> {
    if let Some(reason) = session.end_reason()? {
        return Ok(Judgement::Rejected(Rotation::Ended(reason)));
    }
    if session.tenant_id()? != rotate.tenant_id {
        return Ok(Judgement::Rejected(Rotation::TenantMismatch));
    }
    let presented = rotate.presented.value.as_slice();
    let is_current = session.current_digest == presented;
    let is_previous = session.previous_digest.as_deref() == Some(presented);
    if is_previous && session.current_digest == rotate.successor.value {
        return Ok(Judgement::Done);
    }
    if now >= session.expires_at {
        return Ok(Judgement::Rejected(Rotation::Expired));
    }
    if is_current {
        return Ok(Judgement::Current);
    }
    if is_previous { judge_predecessor(session, rotate, now) } else { Ok(Judgement::Reused) }
}

/// Leeway and retry concern the immediate predecessor and no older token (S-52).
fn judge_predecessor(session: &SessionRow, rotate: &Rotate, now: i64) -> Result<Judgement, StoreError> {
    let asked = rotate.retry.as_ref().map(|retry| retry.tag);
    let kept = session.retry()?.filter(|kept| Some(kept.tag) == asked);
    if let Some(kept) = kept {
        return Ok(Judgement::Retried(kept));
    }
    // A clock that was ahead may have stored a rotation in the future. It must not prolong the grace period until then.
    let distance = now.saturating_sub(session.rotated_at).saturating_abs();
    if distance < to_microseconds(rotate.reuse_leeway) {
        return Ok(Judgement::Rejected(Rotation::AlreadyUsed { rotated_from: session.rotated_from()? }));
    }
    Ok(Judgement::Reused)
}

/// Makes the successor current. The replay of the rotation before goes with it: its successor was
/// used just now.
fn advance(session: &mut SessionRow, rotate: &Rotate, now: i64) {
    let used = std::mem::replace(&mut session.current_digest, rotate.successor.value.to_vec());
    session.previous_digest = Some(used);
    session.generation = session.generation.saturating_add(1);
    session.rotated_at = now;
    session.expires_at = to_unix_microseconds(rotate.expires_at).min(session.ends_at);
    session.set_retry(rotate.retry.as_ref());
    session.set_rotated_from(rotate.rotated_from);
}
