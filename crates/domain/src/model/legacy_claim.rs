//! The claim on a legacy refresh token.

use super::SessionId;

/// The outcome of a claim: which exchange may consume a legacy token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyClaim {
    /// The token may be exchanged for the session of this call.
    Own {
        /// The session of an exchange that died before it consumed the token.
        replaced: Option<SessionId>,
    },
    /// Another call exchanges the token, or has exchanged it, for this session.
    Other(SessionId),
    /// The legacy tokens of the user are rejected.
    Rejected,
}
