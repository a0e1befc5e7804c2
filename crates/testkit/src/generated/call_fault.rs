//! What happens to a call and its answer on the way.

use proptest::prelude::*;

use super::session_model::SessionRequest;

/// What happens to a call on the way. A store repeats a call without an answer, until the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// The answer arrives.
    Answered,
    /// The call is executed, its answer is lost, and it is repeated.
    AnswerLost,
    /// The call is lost, and it is repeated.
    CallLost,
}

impl CallFault {
    /// The calls that are executed, the answered one last.
    pub(super) fn executed(self, request: SessionRequest) -> Vec<SessionRequest> {
        match self {
            Self::Answered => vec![request],
            Self::AnswerLost => vec![request.clone(), repeat(request)],
            Self::CallLost => vec![repeat(request)],
        }
    }
}

pub(super) fn call_faults() -> impl Strategy<Value = CallFault> {
    prop_oneof![10 => Just(CallFault::Answered), 2 => Just(CallFault::AnswerLost), 1 => Just(CallFault::CallLost)]
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
