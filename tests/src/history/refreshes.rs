//! The rules of refresh tokens.

use super::call::{Answer, Call};
use super::report::Violation;
use super::rules::Exception;
use super::session::Session;

/// The uses of a token with one key that get its successor: the rotation, and fifteen retries.
const USES: usize = 16;

/// What a call shows: nothing, an exception, or a violation.
pub(super) type Judgement = Result<Option<Exception>, Violation>;

/// Checks a successful refresh: a token has one successor, and only until that is used.
pub(super) fn accepted(session: Session<'_>, call: &Call) -> Judgement {
    let (Some(token), Some(issued)) = (call.refreshed(), call.issued()) else { return Ok(None) };
    for earlier in session.rotations(token).filter(|earlier| earlier.start < call.start) {
        let is_same = earlier.issued().is_some_and(|other| other.refresh == issued.refresh);
        let is_retry = earlier.key().is_some() && earlier.key() == call.key();
        let violation = match (is_same, is_retry || is_shared(session, earlier, call)) {
            (true, true) => continue,
            (true, false) => Violation::UsedTwice,
            (false, _) => Violation::TwoSuccessors,
        };
        return forgotten(session, earlier, violation);
    }
    let mut successors = session.rotations(token).filter_map(|earlier| earlier.issued());
    let next =
        successors.find_map(|issued| session.rotations(issued.refresh).find(|next| next.precedes(call)));
    next.map_or(Ok(None), |next| forgotten(session, next, Violation::OldTokenAccepted))
}

/// Checks a rejected refresh: it needs a reason.
pub(super) fn rejected(session: Session<'_>, call: &Call) -> Judgement {
    if session.may_have_ended(call) {
        return Ok(None);
    }
    let uses: Vec<&Call> = session.earlier_uses(call).collect();
    if uses.is_empty() || is_owed_the_successor(session, call, &uses) || is_early(session, call, &uses) {
        let is_forgotten = call.refreshed().is_some_and(|token| session.may_be_forgotten(token));
        return if is_forgotten {
            Ok(Some(Exception::ForgottenRotation))
        } else {
            Err(Violation::HonestLogout)
        };
    }
    Ok(uses.iter().all(|other| other.issued().is_none()).then_some(Exception::UnknownOutcome))
}

/// Returns whether the call has a right to the successor: the same key as each use before it, or `share` within the grace period.
fn is_owed_the_successor(session: Session<'_>, call: &Call, uses: &[&Call]) -> bool {
    let has_one_key = call.key().is_some() && uses.iter().all(|other| other.key() == call.key());
    let is_shared = uses.iter().all(|other| is_within_grace(session, other, call)) && session.rules.shares;
    (has_one_key || is_shared) && uses.len() < USES && !session.successor_may_be_used(call)
}

/// Returns whether reuse was detected within the grace period of the immediate predecessor.
fn is_early(session: Session<'_>, call: &Call, uses: &[&Call]) -> bool {
    let Answer::Rejected { reason, .. } = &call.answer else { return false };
    reason.as_deref() == Some("reuse_detected")
        && uses.iter().all(|other| is_within_grace(session, other, call))
        && !session.successor_may_be_used(call)
}

/// Returns whether `call` may have been a concurrent refresh of the token that `earlier` used.
fn is_shared(session: Session<'_>, earlier: &Call, call: &Call) -> bool {
    session.rules.shares && call.start < earlier.end + session.rules.grace
}

/// Returns whether the whole of `call` was within the grace period after a use.
fn is_within_grace(session: Session<'_>, used: &Call, call: &Call) -> bool {
    call.end < used.start + session.rules.grace
}

/// Returns the exception if the effect of an earlier call may be forgotten, otherwise the violation.
fn forgotten(session: Session<'_>, earlier: &Call, violation: Violation) -> Judgement {
    if session.rules.may_forget(earlier) { Ok(Some(Exception::ForgottenRotation)) } else { Err(violation) }
}
