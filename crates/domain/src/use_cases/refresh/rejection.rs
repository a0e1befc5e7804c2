//! The reasons why a refresh token is rejected.

use std::fmt;

use crate::model::EndReason;

/// The reason why a refresh token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshRejection {
    /// The text is not a refresh token.
    Malformed,
    /// There is no record of its session.
    Unknown,
    /// It is past its lifetime.
    Expired,
    /// It was used within the grace period. Its session goes on.
    AlreadyUsed {
        /// Whether the client has the address that used the token, if both are known.
        same_address: Option<bool>,
    },
    /// It was used before. This call ended its session.
    ReuseDetected {
        /// Whether the client has the address of the last rotation, if both are known.
        same_address: Option<bool>,
        /// Whether the store may have forgotten the rotation that issued it.
        rotation_may_be_lost: bool,
    },
    /// Its session has ended, with this call or before.
    SessionEnded(EndReason),
}

impl RefreshRejection {
    /// Each rejection once, without addresses.
    pub const ALL: [Self; 10] = [
        Self::Malformed,
        Self::Unknown,
        Self::Expired,
        Self::AlreadyUsed { same_address: None },
        Self::ReuseDetected { same_address: None, rotation_may_be_lost: false },
        Self::ReuseDetected { same_address: None, rotation_may_be_lost: true },
        Self::SessionEnded(EndReason::LoggedOut),
        Self::SessionEnded(EndReason::ReuseDetected),
        Self::SessionEnded(EndReason::Revoked),
        Self::SessionEnded(EndReason::UserInactive),
    ];

    /// The reason code in logs and metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::AlreadyUsed { .. } => "already_used",
            Self::ReuseDetected { rotation_may_be_lost: false, .. } => "reuse_detected",
            Self::ReuseDetected { rotation_may_be_lost: true, .. } => "rotation_may_be_lost",
            Self::SessionEnded(EndReason::LoggedOut) => "session_ended: logged_out",
            Self::SessionEnded(EndReason::ReuseDetected) => "session_ended: reuse_detected",
            Self::SessionEnded(EndReason::Revoked) => "session_ended: revoked",
            Self::SessionEnded(EndReason::UserInactive) => "session_ended: user_inactive",
        }
    }
}

impl fmt::Display for RefreshRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_an_ended_session_ends_with_its_reason() {
        for reason in EndReason::ALL {
            let rejection = RefreshRejection::SessionEnded(reason);
            assert_eq!(rejection.code(), format!("session_ended: {reason}"));
            assert!(RefreshRejection::ALL.contains(&rejection), "{reason}");
        }
    }
}
