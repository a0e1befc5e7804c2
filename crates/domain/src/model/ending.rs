//! The end of a session, and its outcomes.

use super::{EndReason, LiveAccessToken, SessionRef};

/// A session to be ended.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// Which session.
    pub session: SessionRef,
    /// Why.
    pub reason: EndReason,
    /// An access token, perhaps of another session, to be revoked with it, last of all.
    ///
    /// Last, because a caller who got no answer still holds it and needs it for the repeat.
    pub also_revoke: Option<LiveAccessToken>,
}

/// What became of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The session is over, by this call or an earlier one, and its access tokens are revoked.
    Ended,
    /// There is no such session of this user; nothing changed.
    Unknown,
}
