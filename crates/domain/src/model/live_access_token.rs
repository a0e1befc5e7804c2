//! Access tokens as stores keep them.

use time::OffsetDateTime;

use super::TokenId;

/// An access token as stores keep it: enough to revoke it, but not to present it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveAccessToken {
    /// The `jti`.
    pub id: TokenId,
    /// The `exp`.
    pub expires_at: OffsetDateTime,
}
