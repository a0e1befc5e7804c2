//! Verification: who a bearer is.

use std::sync::Arc;

use thiserror::Error;

use crate::model::{AccessClaims, RequestTime};
use crate::ports::{AccessTokens, Denylist, InvalidAccessToken, PortError};

#[cfg(test)]
mod tests;

/// Tells whose access token it is, if it is one and was not revoked.
pub struct VerifyAccessToken {
    /// Judges signature, claims and time.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// Knows the revoked ones.
    pub denylist: Arc<dyn Denylist>,
}

/// A token that was not accepted.
#[derive(Debug, Error)]
pub enum VerifyAccessTokenError {
    /// Not a valid token; the reason is for logs.
    #[error("the access token is invalid: {0}")]
    Invalid(#[from] InvalidAccessToken),
    /// A valid token that was revoked.
    #[error("the access token is revoked")]
    Revoked,
    /// Trouble behind a port: neither a yes nor a no.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl VerifyAccessToken {
    /// Judges the token first and asks the denylist only about a valid one.
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
