//! Sessions: all tokens that descend from one login.

use std::fmt;

use time::OffsetDateTime;

use super::{SessionId, UserId};

/// The maximum number of live access tokens of a session, which bounds its record.
pub const MAX_LIVE_ACCESS_TOKENS: usize = 16;

/// The maximum number of retries and shared successors of one rotation in a minute.
pub const MAX_RETRIES: u32 = 15;

/// The key of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionRef {
    /// The user. A session is found only with its own user.
    pub user_id: UserId,
    /// The id of the session.
    pub session_id: SessionId,
}

/// The reason of the end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The user logged out.
    LoggedOut,
    /// A used refresh token was presented again (RFC 9700 §4.14.2).
    ReuseDetected,
    /// An administrator, a password change, the limit on sessions, or a move of the user ended it.
    Revoked,
    /// The user was deactivated.
    UserInactive,
}

impl EndReason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::LoggedOut, Self::ReuseDetected, Self::Revoked, Self::UserInactive];

    /// The name in stores and responses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::ReuseDetected => "reuse_detected",
            Self::Revoked => "revoked",
            Self::UserInactive => "user_inactive",
        }
    }

    /// The reason with this name; `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A live session in a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// The id of the session.
    pub session_id: SessionId,
    /// The time of the login.
    pub created_at: OffsetDateTime,
    /// The time of the last rotation, or of the login if there was none.
    pub rotated_at: OffsetDateTime,
    /// The time at which the session ends unless it is refreshed.
    pub expires_at: OffsetDateTime,
}
