//! What stores remember of an access token.

use time::OffsetDateTime;

use super::TokenId;

/// An access token as stores know it: enough to revoke it, nothing to present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveAccessToken {
    /// The `jti`.
    pub id: TokenId,
    /// The `exp`: from then on the token is dead by itself.
    pub expires_at: OffsetDateTime,
}
