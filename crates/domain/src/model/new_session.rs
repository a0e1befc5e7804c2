//! The opening of a session.

use time::OffsetDateTime;

use super::{LiveAccessToken, RefreshTokenDigest, TenantId};

/// A session to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The first refresh token, which also names the user and the session.
    pub refresh_token: RefreshTokenDigest,
    /// The user's tenant at login.
    pub tenant_id: TenantId,
    /// The first access token.
    pub access_token: LiveAccessToken,
    /// When the refresh token expires unless it is used (idle limit).
    pub expires_at: OffsetDateTime,
    /// When the session ends in any case (absolute limit).
    pub ends_at: OffsetDateTime,
    /// How many sessions the user may have, this one included.
    pub max_sessions: u32,
}
