//! Verification of access tokens.

use std::sync::Arc;

use thiserror::Error;

use crate::model::{AccessClaims, RequestTime};
use crate::ports::{AccessTokens, Denylist, InvalidAccessToken, PortError};

#[cfg(test)]
mod tests;

/// Verifies an access token and returns its claims.
pub struct VerifyAccessToken {
    /// Verifies signature, claims and expiry.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// The revoked tokens.
    pub denylist: Arc<dyn Denylist>,
}

/// A token that is not accepted.
#[derive(Debug, Error)]
pub enum VerifyAccessTokenError {
    /// The token is not valid. The reason is for logs.
    #[error("the access token is invalid: {0}")]
    Invalid(#[from] InvalidAccessToken),
    /// The token was revoked.
    #[error("the access token is revoked")]
    Revoked,
    /// An error of a port. The token is neither valid nor invalid.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl VerifyAccessToken {
    /// Verifies the token first, and asks the denylist only about a valid token.
    ///
    /// # Errors
    /// [`VerifyAccessTokenError`].
    pub async fn run(
        &self,
        token: &str,
        request_time: RequestTime,
    ) -> Result<AccessClaims, VerifyAccessTokenError> {
        let claims = self.access_tokens.verify(token, request_time.now())?;
        if self.denylist.contains(claims.token_id, request_time).await? {
            return Err(VerifyAccessTokenError::Revoked);
        }
        Ok(claims)
    }
}
