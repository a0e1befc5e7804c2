//! The tokens that login and refresh return.

use std::time::Duration;

use time::OffsetDateTime;

use super::{AccessToken, RefreshToken, SessionId, TokenId, UserId};

/// A new access token, and the refresh token that continues its session.
#[derive(Debug)]
pub struct TokenPair {
    /// The signed access token.
    pub access_token: AccessToken,
    /// The lifetime of the access token.
    pub expires_in: Duration,
    /// The `exp` of the access token.
    pub expires_at: OffsetDateTime,
    /// The refresh token for the next refresh.
    pub refresh_token: RefreshToken,
    /// The user, for logs.
    pub user_id: UserId,
    /// The session, for logs.
    pub session_id: SessionId,
    /// The `jti` of the access token, for logs.
    pub token_id: TokenId,
}
