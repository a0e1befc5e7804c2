//! What happens to a call and its answer on the way.

use proptest::prelude::*;

use super::session_model::SessionRequest;

/// The fate of a call. A store repeats a call without an answer, until the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The answer arrives.
    Answered,
    /// The call is executed, its answer is lost, and it is repeated.
    AnswerLost,
    /// The call is lost, and it is repeated.
    CallLost,
}

impl Fate {
    /// The calls that are executed, the answered one last.
    pub(super) fn executed(self, request: SessionRequest) -> Vec<SessionRequest> {
        match self {
            Self::Answered => vec![request],
            Self::AnswerLost => vec![request.clone(), repeat(request)],
            Self::CallLost => vec![repeat(request)],
        }
    }
}

pub(super) fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![10 => Just(Fate::Answered), 2 => Just(Fate::AnswerLost), 1 => Just(Fate::CallLost)]
}

fn repeat(request: SessionRequest) -> SessionRequest {
    match request {
        SessionRequest::Rotate(mut rotate) => {
            rotate.is_repeat = true;
            SessionRequest::Rotate(rotate)
        }
        other => other,
    }
}
