//! The cases in which the contract logs out an honest client.

/// A reason why a client that keeps to the contract gets a 401 for its refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AllowedLogout {
    /// The user logged out, perhaps in another tab.
    LoggedOut,
    /// The user was deactivated.
    Deactivated,
    /// Somebody else used a token of the session. The store cannot know which of the two is honest (RFC 9700 §4.14.2).
    Stolen,
    /// The refresh token was not used for its lifetime.
    Idle,
    /// With `reject`, another call used the token within the grace period: a second tab, or a call without its response. The session
    /// goes on.
    AlreadyUsed,
    /// Without an idempotency key, the call of a token was repeated after the grace period.
    RepeatedLate,
    /// A call was so slow that two other calls of the client rotated twice before it.
    Overtaken,
    /// A failover forgot the rotation that issued the token, or the session.
    LostByAFailover,
}
