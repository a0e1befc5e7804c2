//! The claims: how they are written, and what is accepted.

use std::str::FromStr;

use auth_domain::model::{AccessClaims, Email};
use auth_domain::ports::InvalidAccessToken;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::strict_json;

/// The claims of a new token, under the names that the platform reads.
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
    /// Names the claims for `issuer` and `audience`.
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

/// The claims of a token whose signature is good, each of its type.
#[derive(Deserialize)]
pub(crate) struct Incoming {
    sub: String,
    jti: String,
    email: String,
    tenant_id: String,
    role: String,
    exp: u64,
    iss: String,
    aud: Audience,
    #[serde(default, deserialize_with = "present")]
    iat: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    sid: Option<String>,
}

/// One audience, or several in an array (RFC 7519 §4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Incoming {
    /// Reads the decoded payload.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, InvalidAccessToken> {
        let members = strict_json::object(payload).ok_or(InvalidAccessToken::Malformed)?;
        serde_json::from_value(Value::Object(members)).map_err(|_| InvalidAccessToken::ClaimsRefused)
    }

    /// Tells whether the token is by `issuer` and for `audience`.
    pub(crate) fn is_between(&self, issuer: &str, audience: &str) -> bool {
        let addressed = match &self.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        };
        addressed && self.iss == issuer
    }

    /// Tells whether the token is past its `exp` at `now`, in Unix seconds.
    pub(crate) fn is_expired(&self, now: u64, leeway: u64) -> bool {
        now >= self.exp.saturating_add(leeway)
    }

    /// Tells whether `now`, in Unix seconds, is before the token's `nbf` or `iat`.
    pub(crate) fn is_early(&self, now: u64, leeway: u64) -> bool {
        let latest = now.saturating_add(leeway);
        self.nbf.is_some_and(|nbf| nbf > latest) || self.iat.is_some_and(|iat| iat > latest)
    }

    /// Turns the claims into types.
    pub(crate) fn into_claims(self) -> Result<AccessClaims, InvalidAccessToken> {
        // It goes on in headers, where a line break would begin another one.
        if self.email.is_empty() || self.email.chars().any(char::is_control) {
            return Err(InvalidAccessToken::ClaimsRefused);
        }
        Ok(AccessClaims {
            token_id: id(&self.jti)?,
            user_id: id(&self.sub)?,
            tenant_id: id(&self.tenant_id)?,
            email: Email::from_trusted(self.email),
            role: self.role.parse().map_err(|()| InvalidAccessToken::ClaimsRefused)?,
            session_id: self.sid.as_deref().map(id).transpose()?,
            issued_at: self.iat.map(instant).transpose()?,
            expires_at: instant(self.exp)?,
        })
    }
}

/// Reads an id in its canonical spelling (RFC 9562 §4).
///
/// The denylist's key is made of the id, and the rest of the platform makes it of the claim's text:
/// in another spelling the two would differ, and a logout would not reach the other endpoints.
fn id<T: FromStr + ToString>(text: &str) -> Result<T, InvalidAccessToken> {
    let id = text.parse::<T>().map_err(|_| InvalidAccessToken::ClaimsRefused)?;
    if id.to_string() == text { Ok(id) } else { Err(InvalidAccessToken::ClaimsRefused) }
}

fn instant(seconds: u64) -> Result<OffsetDateTime, InvalidAccessToken> {
    let seconds = i64::try_from(seconds).map_err(|_| InvalidAccessToken::ClaimsRefused)?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| InvalidAccessToken::ClaimsRefused)
}

/// Reads a claim that may be absent but, where it is there, is not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
