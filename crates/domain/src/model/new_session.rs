//! The opening of a session.

use time::OffsetDateTime;

use super::{LiveAccessToken, RefreshTokenDigest, TenantId};

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
}
