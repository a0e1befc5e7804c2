//! Seeded faults of the rules and of the service, each of which breaks an invariant.

use auth_domain::model::session_rules::Decision;
use auth_domain::model::{Ending, Rotate, Rotation, SessionRecord, SessionState};

/// A deviation from the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The predecessor rotates as well as the current token.
    PredecessorRotates,
    /// A shared refresh gets a successor of its own.
    SharedSuccessorForks,
    ReuseEndsNothing,
    /// The access token of a retry is not stored.
    RetryForgetsItsAccessToken,
    EndDoesNotDenylist,
    /// The repeat of an end that was interrupted does not complete it.
    PendingEndIsNotCompleted,
    EndedSessionRotates,
    GracePeriodIgnored,
    /// A repeat of the service is judged as a call of a client.
    RepeatIsReuse,
    /// A rotation whose answer was lost cannot be repeated.
    RotationNotIdempotent,
    /// The access token of the caller of a logout is denylisted before the others.
    CallerDenylistedFirst,
    /// The service responds before it has written the denylist.
    ResponseBeforeDenylist,
    /// The mark of an ended session is removed before the denylist is written.
    MarkRemovedFirst,
    /// The mark is removed before the access token of the caller of a logout is denylisted.
    MarkRemovedBeforeTheCaller,
    LoginDoesNotReadAgain,
    LostRotationsHaveNoReason,
}

impl Fault {
    pub(crate) fn perturb_record(self, record: &mut SessionRecord, rotate: &Rotate) {
        match self {
            Self::PredecessorRotates if record.previous == Some(rotate.presented.value) => {
                record.current = rotate.presented.value;
            }
            Self::EndedSessionRotates => record.state = SessionState::Live,
            _ => {}
        }
    }

    pub(crate) fn perturb_request(self, rotate: &mut Rotate, record: &SessionRecord) {
        match self {
            Self::GracePeriodIgnored => rotate.reuse_leeway = std::time::Duration::ZERO,
            Self::RepeatIsReuse => rotate.is_repeat = false,
            Self::RotationNotIdempotent if record.current == rotate.successor.value => {
                rotate.successor.value = [u8::MAX; 32];
            }
            _ => {}
        }
    }

    pub(crate) fn perturb_decision(
        self,
        decision: &mut Decision<Rotation>,
        record: &SessionRecord,
        rotate: &Rotate,
    ) {
        match (self, &decision.outcome, &mut decision.change) {
            (Self::SharedSuccessorForks, Rotation::Shared { rotated_from, .. }, _) => {
                let sealed = rotate.retry.clone().unwrap();
                decision.outcome = Rotation::Shared { sealed, rotated_from: *rotated_from };
            }
            (Self::ReuseEndsNothing, Rotation::ReuseDetected { .. }, change) => *change = None,
            (
                Self::RetryForgetsItsAccessToken,
                Rotation::Retried(_) | Rotation::Shared { .. },
                Some(change),
            ) => {
                change.record.live_tokens.clone_from(&record.live_tokens);
            }
            _ => {}
        }
    }

    pub(crate) fn perturb_end(self, decision: &mut Decision<Ending>, record: Option<&SessionRecord>) {
        let is_live = record.is_some_and(|record| record.end_reason().is_none());
        match (self, &mut decision.change) {
            (Self::EndDoesNotDenylist, Some(change)) => change.denylist.clear(),
            (Self::PendingEndIsNotCompleted, change) if !is_live => *change = None,
            (Self::CallerDenylistedFirst, Some(change)) => change.denylist.reverse(),
            _ => {}
        }
    }
}
