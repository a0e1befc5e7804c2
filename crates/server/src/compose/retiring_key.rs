//! Access tokens during a rotation of the generated key.

use std::sync::Arc;

use auth_domain::model::{AccessClaims, AccessToken};
use auth_domain::ports::{AccessTokens, InvalidAccessToken, PortError};
use time::OffsetDateTime;

/// Accepts the previous key until it retires.
pub(super) struct RetiringKey {
    /// Signs and verifies with the present key.
    pub(super) present: Arc<dyn AccessTokens>,
    /// Also verifies with the previous key.
    pub(super) before_retirement: Arc<dyn AccessTokens>,
    pub(super) retires_at: OffsetDateTime,
}

impl AccessTokens for RetiringKey {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, PortError> {
        self.present.issue(claims)
    }

    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, InvalidAccessToken> {
        let keys = if now < self.retires_at { &self.before_retirement } else { &self.present };
        keys.verify(token, now)
    }
}
