//! What a store keeps of a session.

use super::{EndReason, LimitKey, LiveAccessToken, RefreshMinute, SealedSuccessor, TenantId};

/// The record of one session. Times are Unix microseconds, because stores keep them so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The user's tenant at login.
    pub tenant_id: TenantId,
    /// The time of the login.
    pub created_at: i64,
    /// The time of the last rotation, or of the login if there was none.
    pub rotated_at: i64,
    /// The time at which the current refresh token expires. It is never later than `ends_at`.
    pub expires_at: i64,
    /// The absolute limit of the session.
    pub ends_at: i64,
    /// The digest of the current refresh token.
    pub current: [u8; 32],
    /// The digest of its immediate predecessor.
    pub previous: Option<[u8; 32]>,
    /// The number of rotations.
    pub generation: u64,
    /// The sealed successor of the last rotation, if another call may get it.
    pub retry: Option<SealedSuccessor>,
    /// The number of retries and shared successors of the last rotation in the last minute with refreshes.
    pub retries: u32,
    /// The last minute with refreshes, if they are limited.
    pub minute: Option<RefreshMinute>,
    /// The keyed hash of the address that the last rotation came from.
    pub rotated_from: Option<LimitKey>,
    /// The access tokens that some verifier may still accept, in the order of their issue.
    pub live_tokens: Vec<LiveAccessToken>,
    /// Whether the session has ended.
    pub state: SessionState,
}

/// The state of a session. Legal transitions: `Live` to `Pending` or `Ended`, `Pending` to `Ended`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The session goes on until its refresh token expires.
    Live,
    /// The session has ended, but its live access tokens are perhaps not in the denylist yet.
    Pending {
        /// The time of the end.
        at: i64,
        /// The reason of the end.
        reason: EndReason,
    },
    /// The session has ended, and its access tokens are in the denylist.
    Ended {
        /// The time of the end.
        at: i64,
        /// The reason of the end.
        reason: EndReason,
    },
}

impl SessionRecord {
    /// The reason of the end; `None` if the session has not ended.
    #[must_use]
    pub const fn end_reason(&self) -> Option<EndReason> {
        match self.state {
            SessionState::Live => None,
            SessionState::Pending { reason, .. } | SessionState::Ended { reason, .. } => Some(reason),
        }
    }

    /// The record after its access tokens were written to the denylist. Only a pending record changes.
    #[must_use]
    pub fn denylisted(mut self) -> Self {
        match self.state {
            SessionState::Live | SessionState::Ended { .. } => {}
            SessionState::Pending { at, reason } => {
                self.state = SessionState::Ended { at, reason };
                self.live_tokens.clear();
            }
        }
        self
    }
}
