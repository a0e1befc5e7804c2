//! Sessions: everything that descends from one login.

use std::fmt;

use time::OffsetDateTime;

use super::{SessionId, UserId};

/// How many live access tokens a session remembers at most, so that its record stays small.
pub const MAX_LIVE_ACCESS_TOKENS: usize = 16;

/// Names one session of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionRef {
    /// Whose session it is. A session is found only together with its own user.
    pub user_id: UserId,
    /// Which session.
    pub session_id: SessionId,
}

/// Why a session has ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its user logged out.
    LoggedOut,
    /// A used refresh token came back (RFC 9700 §4.14.2).
    ReuseDetected,
    /// An administrator, a password change, the session limit or a move of its user ended it.
    Revoked,
    /// Its user was deactivated.
    UserInactive,
}

impl EndReason {
    /// Every reason, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::LoggedOut, Self::ReuseDetected, Self::Revoked, Self::UserInactive];

    /// Returns the word that stores and answers use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::ReuseDetected => "reuse_detected",
            Self::Revoked => "revoked",
            Self::UserInactive => "user_inactive",
        }
    }

    /// Reads the word that a store holds; `None` for one that has no meaning.
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
    /// Which session.
    pub session_id: SessionId,
    /// When its user logged in.
    pub created_at: OffsetDateTime,
    /// When it was last rotated; the login, if never.
    pub rotated_at: OffsetDateTime,
    /// When it ends unless it is refreshed before.
    pub expires_at: OffsetDateTime,
}
