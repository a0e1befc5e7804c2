//! The end of a session, and its outcomes.

use super::{EndReason, LiveAccessToken, SessionRef};

/// A request to end a session.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// The session.
    pub session: SessionRef,
    /// The reason.
    pub reason: EndReason,
    /// An access token, perhaps of another session, that is revoked last.
    ///
    /// Last, because a client without a response needs it to repeat the logout.
    pub also_revoke: Option<LiveAccessToken>,
}

/// The outcome of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The session has ended, with this call or before, and its access tokens are revoked.
    Ended,
    /// The user has no such session. Nothing changed.
    Unknown,
}
