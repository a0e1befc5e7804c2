//! Requests in progress, and the step that each takes next.

use auth_domain::model::EndReason;

use crate::calls::Token;

/// A request that an instance works on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is independent of the others")]
pub(crate) struct Request {
    /// Its number, and that of the tokens that it makes.
    pub(crate) number: Token,
    /// The time of the request, in seconds.
    pub(crate) now: u32,
    /// Whether a client that keeps to the contract sent it.
    pub(crate) is_honest: bool,
    /// Whether the client still waits for the response.
    pub(crate) is_awaited: bool,
    /// Whether the store is called again because its answer was lost.
    pub(crate) is_repeat: bool,
    /// Whether a failover may have forgotten what it has already stored.
    pub(crate) is_forgotten: bool,
    pub(crate) operation: Operation,
    pub(crate) step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Login {
        session: u8,
    },
    Refresh(Refresh),
    Logout {
        session: u8,
        bearer: Token,
        bearer_issued_at: u32,
    },
    /// An administrator deactivates the user, which ends all sessions.
    Deactivation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Refresh {
    pub(crate) session: u8,
    pub(crate) presented: Token,
    /// The idempotency key.
    pub(crate) key: Option<u8>,
}

/// What a request does next: one atomic operation of a store, or its response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Reads the user. A logout verifies its bearer token instead.
    Read,
    /// Opens, rotates, ends all sessions.
    Commit,
    /// Reads the user of a login again.
    ReadAgain,
    /// Ends a session.
    End(EndReason),
    /// Writes the next access token to a denylist on another server. The mark of the ended sessions is removed after the last one.
    Denylist {
        tokens: Vec<Token>,
        sessions: Vec<u8>,
        response: Response,
    },
    Respond(Response),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Response {
    /// 200 with this refresh token, and the access token of the request.
    Tokens(Token),
    /// 204, or the success of the command.
    Done,
    /// 401.
    Rejected(Rejection),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rejection {
    InvalidToken,
    Inactive,
    AlreadyUsed,
    Reuse { may_be_lost: bool },
    Ended(EndReason),
    Expired,
    Unknown,
}

impl Operation {
    /// The session of the request; `None` if it is for all of them.
    pub(crate) const fn session(self) -> Option<u8> {
        match self {
            Self::Login { session }
            | Self::Refresh(Refresh { session, .. })
            | Self::Logout { session, .. } => Some(session),
            Self::Deactivation => None,
        }
    }
}
