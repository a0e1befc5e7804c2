//! The opening of a session.

use time::OffsetDateTime;

use super::{LimitKey, LiveAccessToken, RefreshTokenDigest, SealedSuccessor, TenantId};

/// A session to open.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The digest of the first refresh token, with the user and the session.
    pub refresh_token: RefreshTokenDigest,
    /// The user's tenant at login.
    pub tenant_id: TenantId,
    /// The first access token.
    pub access_token: LiveAccessToken,
    /// The time at which the refresh token expires (idle limit).
    pub expires_at: OffsetDateTime,
    /// The time at which the session ends (absolute limit).
    pub ends_at: OffsetDateTime,
    /// The number of sessions that the user may have, including this one.
    pub max_sessions: u32,
    /// The token that the session is opened for, if it is not opened by a login.
    pub predecessor: Option<Predecessor>,
}

/// A token of another service whose successor is the first refresh token of a session. When it is presented again, it is
/// the immediate predecessor of that token, with the same rules.
#[derive(Clone, Debug)]
pub struct Predecessor {
    /// The digest of the token.
    pub digest: [u8; 32],
    /// The sealed successor, if another call may get it.
    pub retry: Option<SealedSuccessor>,
    /// The keyed hash of the client's address, if it is known.
    pub presented_from: Option<LimitKey>,
}
