//! The rules of access tokens, and of ended sessions.

use super::call::{Answer, Call, Digest, Operation};
use super::refreshes::Judgement;
use super::report::Violation;
use super::rules::Exception;
use super::session::Session;

/// The live access tokens of a session.
const LIVE: usize = 16;

/// Checks a successful call: its session had not ended.
pub(super) fn alive(session: Session<'_>, call: &Call) -> Judgement {
    let mut ends = session.ends_before(call).peekable();
    if ends.peek().is_none() {
        return Ok(None);
    }
    // All of the ends are forgotten, or none is.
    let are_forgotten = ends.all(|end| session.rules.may_forget(end));
    match (are_forgotten, presented(call)) {
        (true, _) => Ok(Some(Exception::ForgottenEnd)),
        (false, Some(access)) if is_unknown(session, access) => Ok(Some(Exception::UnknownAccessToken)),
        (false, _) => Err(Violation::AliveAfterEnd),
    }
}

/// Returns the bearer of a call.
fn presented(call: &Call) -> Option<Digest> {
    match call.operation {
        Operation::Verify { access } | Operation::Logout { access, .. } => Some(access),
        Operation::Login | Operation::Refresh { .. } => None,
    }
}

/// Returns whether the store may have forgotten that it issued an access token.
fn is_unknown(session: Session<'_>, access: Digest) -> bool {
    session.calls.iter().any(|call| is_issued_by(call, access) && session.rules.may_forget(call))
}

/// Checks a rejected bearer of a verification or a logout.
pub(super) fn rejected(session: Session<'_>, call: &Call, access: Digest) -> Judgement {
    if session.may_have_ended(call) {
        return Ok(None);
    }
    let Some(issue) = session.calls.iter().position(|other| is_issued_by(other, access)) else {
        return Err(Violation::HonestLogout);
    };
    if call.end >= session.calls[issue].start + session.rules.access_ttl {
        return Ok(Some(Exception::Expired));
    }
    let newer = session
        .calls
        .iter()
        .filter(|other| other.may_have_rotated() && session.calls[issue].start <= other.start);
    if newer.filter(|other| other.may_precede(call)).count() >= LIVE {
        return Ok(Some(Exception::TooManyAccessTokens));
    }
    Err(Violation::HonestLogout)
}

/// Checks a logout whose refresh token was rejected as not the caller's.
pub(super) fn not_owned(session: Session<'_>, call: &Call, token: Digest) -> Judgement {
    if session.may_have_ended(call) {
        return Ok(None);
    }
    if session.may_be_forgotten(token) {
        return Ok(Some(Exception::ForgottenRotation));
    }
    Err(Violation::HonestLogout)
}

fn is_issued_by(call: &Call, access: Digest) -> bool {
    matches!(&call.answer, Answer::Tokens(issued) if issued.access == access)
}
