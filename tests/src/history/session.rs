//! Questions about the history of one session.

use super::call::{Answer, Call, Digest, Operation};
use super::rules::Rules;

/// The reasons of a rejected refresh that say that the session has ended.
const ENDED: [&str; 4] = ["reuse_detected", "logged_out", "revoked", "user_inactive"];

/// The calls of one session, in the order in which they were sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session<'a> {
    pub(super) calls: &'a [&'a Call],
    pub(super) rules: &'a Rules,
}

impl<'a> Session<'a> {
    /// Returns whether no call says that the session has ended.
    pub(super) fn is_open(self) -> bool {
        !self.calls.iter().any(|call| has_ended(call))
    }

    /// Returns the calls other than `call`.
    pub(super) fn others(self, call: &'a Call) -> impl Iterator<Item = &'a Call> {
        self.calls.iter().copied().filter(move |other| !std::ptr::eq(*other, call))
    }

    /// Returns the refreshes that got tokens for `token`.
    pub(super) fn rotations(self, token: Digest) -> impl Iterator<Item = &'a Call> {
        let of_token = move |call: &&Call| call.refreshed() == Some(token) && call.issued().is_some();
        self.calls.iter().copied().filter(of_token)
    }

    /// Returns the other refreshes of the same token that may have used it before the answer of `call`.
    pub(super) fn earlier_uses(self, call: &'a Call) -> impl Iterator<Item = &'a Call> {
        let is_use = |other: &&Call| other.refreshed() == call.refreshed() && other.may_have_rotated();
        self.others(call).filter(is_use).filter(|other| other.may_precede(call))
    }

    /// Returns whether a successor of the refresh token of `call` may have been used before its answer.
    pub(super) fn successor_may_be_used(self, call: &'a Call) -> bool {
        let Some(token) = call.refreshed() else { return false };
        let successors: Vec<_> =
            self.rotations(token).filter_map(|call| Some(call.issued()?.refresh)).collect();
        let presents = |other: &Call| other.refreshed().is_some_and(|token| successors.contains(&token));
        self.others(call).any(|other| presents(other) && other.may_precede(call))
    }

    /// Returns the calls whose answers say that the session had ended, all before `call` was sent.
    pub(super) fn ends_before(self, call: &'a Call) -> impl Iterator<Item = &'a Call> {
        self.calls.iter().copied().filter(|end| has_ended(end) && end.precedes(call))
    }

    /// Returns whether a call may have ended the session before the answer of `call`.
    pub(super) fn may_have_ended(self, call: &'a Call) -> bool {
        self.others(call).any(|other| other.may_precede(call) && self.may_end(other))
    }

    /// Returns whether the store may have forgotten a refresh token.
    pub(super) fn may_be_forgotten(self, token: Digest) -> bool {
        let issues = |call: &Call| call.issued().is_some_and(|issued| issued.refresh == token);
        self.calls.iter().any(|call| issues(call) && self.rules.may_forget(call))
    }

    /// Returns whether a call ends the session, or may end it.
    fn may_end(self, call: &'a Call) -> bool {
        let is_open = call.is_open();
        match call.operation {
            Operation::Logout { .. } => is_open || call.answer == Answer::Done,
            // Reuse is answered with a 503 until every access token is revoked. A forgotten token looks like reuse.
            Operation::Refresh { token, .. } => {
                let is_reuse = self.earlier_uses(call).next().is_some() || self.may_be_forgotten(token);
                has_ended(call) || (is_open && is_reuse)
            }
            Operation::Login | Operation::Verify { .. } => false,
        }
    }
}

fn has_ended(call: &Call) -> bool {
    match (&call.operation, &call.answer) {
        (Operation::Logout { .. }, Answer::Done) => true,
        (Operation::Refresh { .. }, Answer::Rejected { reason: Some(reason), .. }) => {
            ENDED.contains(&reason.as_str())
        }
        _ => false,
    }
}
