//! Access tokens and what they say.

use std::fmt;

use time::OffsetDateTime;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Email, LiveAccessToken, Role, SessionId, TenantId, TokenId, UserId};

/// A signed access token as it goes over the wire; silent in `Debug`, wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct AccessToken(String);

impl AccessToken {
    /// Takes the compact serialisation (RFC 7515 §7.1).
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text to send to its holder.
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

/// What an access token says of its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// `jti`: the id of this token.
    pub token_id: TokenId,
    /// `sub`: whose token it is.
    pub user_id: UserId,
    /// `tenant_id`.
    pub tenant_id: TenantId,
    /// `email`.
    pub email: Email,
    /// `role`, by name.
    pub role: Role,
    /// `sid`: the session; absent in tokens that another issuer of the platform made.
    pub session_id: Option<SessionId>,
    /// `iat`, in whole seconds; absent in tokens that another issuer of the platform made.
    pub issued_at: Option<OffsetDateTime>,
    /// `exp`, in whole seconds.
    pub expires_at: OffsetDateTime,
}

impl AccessClaims {
    /// Returns what a store remembers of this token.
    #[must_use]
    pub const fn live(&self) -> LiveAccessToken {
        LiveAccessToken { id: self.token_id, expires_at: self.expires_at }
    }
}
