//! The claims (RFC 7519 §4) of issued tokens and of presented tokens.

use auth_domain::model::{AccessClaims, Email, SessionId, TenantId, TokenId, UserId};
use auth_domain::ports::InvalidAccessToken;
use auth_strict_json::{Options, object};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

use crate::audience::Audience;
use crate::numeric_date::NumericDate;
use crate::text::Text;
use crate::verified_tokens::Validity;

/// The claims of an issued token, under the names that the HookSentry platform reads.
#[derive(Serialize)]
pub(crate) struct Outgoing<'a> {
    sub: String,
    jti: String,
    email: &'a str,
    tenant_id: String,
    role: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    exp: i64,
    iss: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
}

impl<'a> Outgoing<'a> {
    /// Returns the claims of a token from `issuer` for `audience`.
    pub(crate) fn new(claims: &'a AccessClaims, issuer: &'a str, audience: &'a str) -> Self {
        Self {
            sub: claims.user_id.to_string(),
            jti: claims.token_id.to_string(),
            email: claims.email.as_str(),
            tenant_id: claims.tenant_id.to_string(),
            role: claims.role.name(),
            iat: claims.issued_at.map(OffsetDateTime::unix_timestamp),
            exp: claims.expires_at.unix_timestamp(),
            iss: issuer,
            aud: audience,
            sid: claims.session_id.map(|id| id.to_string()),
        }
    }
}

/// The claims of a token with a valid signature, each with its type.
#[derive(Deserialize)]
pub(crate) struct Incoming<'a> {
    #[serde(borrow)]
    sub: Text<'a>,
    #[serde(borrow)]
    jti: Text<'a>,
    #[serde(borrow)]
    email: Text<'a>,
    #[serde(borrow)]
    tenant_id: Text<'a>,
    #[serde(borrow)]
    role: Text<'a>,
    exp: NumericDate,
    #[serde(borrow)]
    iss: Text<'a>,
    #[serde(borrow)]
    aud: Audience<'a>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<NumericDate>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<NumericDate>,
    #[serde(borrow, default, deserialize_with = "present")]
    sid: Option<Text<'a>>,
}

impl<'a> Incoming<'a> {
    /// Reads the decoded payload.
    pub(crate) fn parse(payload: &'a [u8]) -> Result<Self, InvalidAccessToken> {
        // Parsing stops at the first claim of a wrong type. Only a second parse shows whether the whole payload is valid JSON.
        object(payload, Options::default()).map_err(|_| {
            match object::<IgnoredAny>(payload, Options::default()) {
                Ok(_) => InvalidAccessToken::ClaimsRejected,
                Err(_) => InvalidAccessToken::Malformed,
            }
        })
    }

    /// Returns whether the token is from `issuer` and for `audience`.
    pub(crate) fn is_between(&self, issuer: &str, audience: &str) -> bool {
        self.aud.includes(audience) && self.iss.0 == issuer
    }

    /// Returns when the token is valid.
    pub(crate) fn validity(&self) -> Validity {
        let starts = [self.nbf, self.iat].into_iter().flatten();
        Validity {
            from: starts.map(NumericDate::rounded_up).max().unwrap_or(0),
            until: self.exp.rounded_down(),
        }
    }

    /// Converts the claims into types of the domain.
    pub(crate) fn into_claims(self) -> Result<AccessClaims, InvalidAccessToken> {
        // `/verify` returns the email in a header. A line break in it would begin another header.
        if self.email.0.is_empty() || self.email.0.chars().any(char::is_control) {
            return Err(InvalidAccessToken::ClaimsRejected);
        }
        Ok(AccessClaims {
            token_id: canonical(TokenId::from_canonical(&self.jti.0))?,
            user_id: canonical(UserId::from_canonical(&self.sub.0))?,
            tenant_id: canonical(TenantId::from_canonical(&self.tenant_id.0))?,
            email: Email::from_trusted(self.email.0.into_owned()),
            role: self.role.0.parse().map_err(|()| InvalidAccessToken::ClaimsRejected)?,
            session_id: self.sid.map(|sid| canonical(SessionId::from_canonical(&sid.0))).transpose()?,
            issued_at: self.iat.map(|iat| instant(iat.rounded_up())).transpose()?,
            expires_at: instant(self.exp.rounded_down())?,
        })
    }
}

/// Rejects an id that is not in its canonical spelling.
///
/// This service derives the key of a denylist entry from the id, other services of the HookSentry platform from the text of the
/// claim. In another spelling the two keys would differ, and a logout would not reach those services.
fn canonical<T>(id: Option<T>) -> Result<T, InvalidAccessToken> {
    id.ok_or(InvalidAccessToken::ClaimsRejected)
}

fn instant(seconds: u64) -> Result<OffsetDateTime, InvalidAccessToken> {
    let seconds = i64::try_from(seconds).map_err(|_| InvalidAccessToken::ClaimsRejected)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| InvalidAccessToken::ClaimsRejected)
}

/// Reads a claim that may be absent, but not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests;
