//! The caller of a request.

use auth_domain::model::{AccessClaims, Email, Role, SessionId, TenantId, TokenId, UserId};
use time::OffsetDateTime;

/// The caller of a request, from the claims of the verified access token.
///
/// As an argument of a handler, it rejects a request without a valid bearer token with 401, and responds 503 if the token
/// cannot be verified; the handler is not called. `Debug` does not show the email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_id: UserId,
    /// The tenant of the user.
    pub tenant_id: TenantId,
    /// The email of the user when the token was issued.
    pub email: Email,
    /// The role of the user when the token was issued. A change arrives with the next refresh.
    pub role: Role,
    /// The session; `None` in a token of the legacy service.
    pub session_id: Option<SessionId>,
    /// The id of the access token, its claim `jti`.
    pub token_id: TokenId,
    /// The time when the token expires.
    pub expires_at: OffsetDateTime,
}

impl From<AccessClaims> for Caller {
    fn from(claims: AccessClaims) -> Self {
        Self {
            user_id: claims.user_id,
            tenant_id: claims.tenant_id,
            email: claims.email,
            role: claims.role,
            session_id: claims.session_id,
            token_id: claims.token_id,
            expires_at: claims.expires_at,
        }
    }
}
