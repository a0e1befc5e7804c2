//! Access tokens and their claims.

use std::fmt;

use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Email, LiveAccessToken, Role, SessionId, TenantId, TokenId, UserId};

/// A signed access token as it is sent. `Debug` does not show it, and it is wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token with this compact serialisation (RFC 7515 §7.1).
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text to send.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// The claims of an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// `jti`: the id of this token.
    pub token_id: TokenId,
    /// `sub`: the user.
    pub user_id: UserId,
    /// `tenant_id`.
    pub tenant_id: TenantId,
    /// `email`.
    pub email: Email,
    /// `role`, by name.
    pub role: Role,
    /// `sid`: the session; absent in tokens of other issuers of the HookSentry platform.
    pub session_id: Option<SessionId>,
    /// `iat`, in whole seconds; absent in tokens of other issuers of the HookSentry platform.
    pub issued_at: Option<OffsetDateTime>,
    /// `exp`, in whole seconds.
    pub expires_at: OffsetDateTime,
}

impl AccessClaims {
    /// The token as stores keep it.
    #[must_use]
    pub const fn live(&self) -> LiveAccessToken {
        LiveAccessToken { id: self.token_id, expires_at: self.expires_at }
    }
}
