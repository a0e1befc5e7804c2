//! Access tokens as JSON Web Tokens (RFC 7519), signed with HS256 (RFC 7515).

use std::time::Duration;

use auth_domain::model::{AccessClaims, AccessToken};
use auth_domain::ports::{AccessTokens, InvalidAccessToken, PortError};
use time::OffsetDateTime;

use crate::claims::{Incoming, Outgoing};
use crate::compact::{self, Compact, MAX_BYTES};
use crate::config::JwtConfig;
use crate::error::ConfigError;
use crate::header;
use crate::key_ring::KeyRing;
use crate::verified_tokens::{Verified, VerifiedTokens};

/// The largest accepted difference between the clocks of issuer and verifier.
pub const LEEWAY: Duration = Duration::from_secs(5);

/// Signs and verifies access tokens.
pub struct JwtAccessTokens {
    keys: KeyRing,
    /// The encoded header of issued tokens.
    header: String,
    key_id: Option<String>,
    issuer: String,
    audience: String,
    verified: VerifiedTokens,
}

impl JwtAccessTokens {
    /// Checks the configuration and prepares the keys.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting that cannot be used.
    pub fn new(config: JwtConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            keys: KeyRing::new(&config.key, &config.previous_keys),
            header: header::encode(config.key_id.as_deref()),
            key_id: config.key_id,
            issuer: config.issuer,
            audience: config.audience,
            verified: VerifiedTokens::new(),
        })
    }

    /// Checks spelling, header, signature and claims, in the order that RFC 8725 §3 requires. `now` is in Unix seconds.
    fn read(&self, token: &str, now: u64) -> Result<Verified, InvalidAccessToken> {
        let compact = Compact::parse(token, &self.header)?;
        // `header::check` accepts what `header::encode` wrote, so an equal header needs no check.
        if let Some(header) = &compact.header {
            header::check(header, self.key_id.as_deref())?;
        }
        if !self.keys.verify(compact.signed, compact.signature) {
            return Err(InvalidAccessToken::SignatureMismatch);
        }
        let claims = Incoming::parse(&compact.payload)?;
        if !claims.is_between(&self.issuer, &self.audience) {
            return Err(InvalidAccessToken::ClaimsRejected);
        }
        let validity = claims.validity();
        validity.check(now, LEEWAY.as_secs())?;
        Ok(Verified { claims: claims.into_claims()?, validity })
    }
}

impl AccessTokens for JwtAccessTokens {
    #[tracing::instrument(level = "debug", skip_all)]
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, PortError> {
        let claims = Outgoing::new(claims, &self.issuer, &self.audience);
        let payload = serde_json::to_vec(&claims).map_err(PortError::misconfigured)?;
        let mut token = String::with_capacity(self.header.len() + 2 * payload.len());
        token.push_str(&self.header);
        token.push('.');
        compact::encode_into(payload, &mut token);
        let signature = self.keys.sign(&token).map_err(PortError::misconfigured)?;
        token.push('.');
        token.push_str(&signature);
        Ok(AccessToken::new(token))
    }

    /// Reads a token. Of one that was verified before, only the times are checked.
    #[tracing::instrument(level = "debug", skip_all)]
    fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, InvalidAccessToken> {
        if token.len() > MAX_BYTES {
            return Err(InvalidAccessToken::Malformed);
        }
        // Whole seconds are exact enough, since the claims are rounded to whole seconds. No token is valid before 1970.
        let now = u64::try_from(now.unix_timestamp()).map_err(|_| InvalidAccessToken::NotYetValid)?;
        let digest = VerifiedTokens::digest(token);
        if let Some(known) = self.verified.get(&digest) {
            return known.validity.check(now, LEEWAY.as_secs()).map(|()| known.claims);
        }
        let verified = self.read(token, now)?;
        self.verified.add(digest, verified.clone());
        Ok(verified.claims)
    }
}

#[cfg(test)]
mod tests;
