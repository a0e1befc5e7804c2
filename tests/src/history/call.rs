//! Recorded calls.

use std::time::Duration;

/// A digest of a token, an id or a key: a history contains no secret.
pub type Digest = u64;

/// A call with its answer. Times count from the start of the recording.
#[derive(Clone, Debug)]
pub struct Call {
    /// The number of the session, which the client gives it.
    pub session: usize,
    /// The request id.
    pub request: String,
    /// The user whose tokens the client presents.
    pub user: Digest,
    /// The instance that was called.
    pub instance: usize,
    /// What was asked.
    pub operation: Operation,
    /// When the call was sent.
    pub start: Duration,
    /// When the answer was complete, or the connection broke.
    pub end: Duration,
    /// How much of the time between them the machine stood still.
    pub stalled: Duration,
    /// What was answered.
    pub answer: Answer,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// With the right password.
    Login,
    /// With an `Idempotency-Key` or without.
    Refresh {
        /// The refresh token.
        token: Digest,
        /// The key.
        key: Option<Digest>,
    },
    /// A verification of an access token.
    Verify {
        /// The access token.
        access: Digest,
    },
    /// With an access token of the same session.
    Logout {
        /// The access token.
        access: Digest,
        /// The refresh token.
        token: Digest,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200 with a token pair.
    Tokens(Issued),
    /// 204: the access token is valid, or the session has ended.
    Done,
    /// 401, with the code and the reason.
    Rejected {
        /// `error`
        code: String,
        /// `reason`
        reason: Option<String>,
    },
    /// 429.
    Limited,
    /// 503 with `Retry-After`.
    Unavailable {
        /// Whether the message says that the outcome is unknown.
        is_unknown: bool,
    },
    /// The connection broke before the answer was complete.
    Lost,
    /// Anything else, and answers of the wrong form.
    Wrong(String),
}

/// A token pair and what its access token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The access token.
    pub access: Digest,
    /// The refresh token.
    pub refresh: Digest,
    /// The claim `sub`.
    pub subject: Digest,
    /// The claim `sid`.
    pub session: Digest,
}

impl Call {
    /// Returns how long the call took while the machine ran.
    ///
    /// Stalls count twice: the processes of a call wait one after the other.
    pub(super) fn time(&self) -> Duration {
        self.end.saturating_sub(self.start + 2 * self.stalled)
    }

    /// Returns whether this call was answered before the other was sent.
    pub(super) fn precedes(&self, other: &Self) -> bool {
        self.end < other.start
    }

    /// Returns whether this call may have taken effect before the other was answered.
    pub(super) fn may_precede(&self, other: &Self) -> bool {
        self.start < other.end
    }

    /// Returns the token pair of the answer.
    pub(super) fn issued(&self) -> Option<&Issued> {
        if let Answer::Tokens(issued) = &self.answer { Some(issued) } else { None }
    }

    /// Returns whether the call has no definite answer, or a 503.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.answer, Answer::Lost | Answer::Unavailable { .. })
    }

    /// Returns whether the call writes to the store of tokens.
    pub(super) fn is_write(&self) -> bool {
        !matches!(self.operation, Operation::Verify { .. })
    }

    /// Returns whether the call is a rotation or a logout that succeeded.
    pub(super) fn is_acknowledged_write(&self) -> bool {
        match self.operation {
            Operation::Refresh { .. } => self.issued().is_some(),
            Operation::Logout { .. } => self.answer == Answer::Done,
            Operation::Login | Operation::Verify { .. } => false,
        }
    }

    /// Returns the presented refresh token of a refresh.
    pub(super) fn refreshed(&self) -> Option<Digest> {
        if let Operation::Refresh { token, .. } = self.operation { Some(token) } else { None }
    }

    /// Returns the `Idempotency-Key` of a refresh.
    pub(super) fn key(&self) -> Option<Digest> {
        if let Operation::Refresh { key, .. } = self.operation { key } else { None }
    }

    /// Returns whether the call is a refresh that changed the session, or may have.
    pub(super) fn may_have_rotated(&self) -> bool {
        self.refreshed().is_some()
            && matches!(
                self.answer,
                Answer::Tokens(_) | Answer::Lost | Answer::Unavailable { is_unknown: true }
            )
    }
}
