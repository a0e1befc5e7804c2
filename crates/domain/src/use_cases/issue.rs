//! The tokens that login and refresh issue.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::model::{
    AccessClaims, AccessToken, LiveAccessToken, NewSession, RefreshToken, RequestTime, RetryKey,
    SealedSuccessor, SessionId, SessionPolicy, TokenId, TokenPair, User,
};
use crate::ports::{AccessTokens, Entropy, PortError, random_bytes};

/// Makes access tokens and refresh tokens.
pub struct Issuer {
    /// Signs access tokens.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// Randomness for token ids and refresh tokens.
    pub entropy: Arc<dyn Entropy>,
    /// The lifetimes.
    pub policy: SessionPolicy,
}

/// A signed access token that is not stored in a session yet.
pub(super) struct Issued {
    access_token: AccessToken,
    claims: AccessClaims,
    session_id: SessionId,
}

impl Issuer {
    /// Signs an access token for a session.
    pub(super) fn issue(
        &self,
        user: &User,
        session_id: SessionId,
        request_time: RequestTime,
    ) -> Result<Issued, PortError> {
        // `iat` and `exp` are whole seconds, so that `expiresAt` is the same instant as the claim.
        let issued_at = whole_second(request_time.now());
        let claims = AccessClaims {
            token_id: TokenId::from_random_bytes(*random_bytes(&*self.entropy)?),
            user_id: user.id,
            tenant_id: user.tenant_id,
            email: user.email.clone(),
            role: user.role,
            session_id: Some(session_id),
            issued_at: Some(issued_at),
            expires_at: issued_at + self.policy.access_ttl,
        };
        Ok(Issued { access_token: self.access_tokens.issue(&claims)?, claims, session_id })
    }

    /// The first tokens of a new session, and the session for the store.
    pub(super) fn first(
        &self,
        user: &User,
        request_time: RequestTime,
    ) -> Result<(NewSession, TokenPair), PortError> {
        let refresh_token = RefreshToken::first(user.id, &*random_bytes(&*self.entropy)?);
        let issued = self.issue(user, refresh_token.session().session_id, request_time)?;
        let session = NewSession {
            refresh_token: refresh_token.digest(),
            tenant_id: user.tenant_id,
            access_token: issued.live(),
            expires_at: self.refresh_token_expiry(request_time),
            ends_at: request_time.now() + self.policy.session_ttl,
            max_sessions: self.policy.max_sessions,
            predecessor: None,
        };
        Ok((session, self.pair(issued, refresh_token)))
    }

    /// The sealed successor, if another call may get it.
    pub(super) fn seal(
        &self,
        key: Option<&RetryKey>,
        successor: &RefreshToken,
    ) -> Result<Option<SealedSuccessor>, PortError> {
        let Some(key) = key else { return Ok(None) };
        Ok(Some(key.seal(successor, *random_bytes(&*self.entropy)?)))
    }

    /// The time at which a refresh token that is issued now expires.
    pub(super) fn refresh_token_expiry(&self, request_time: RequestTime) -> OffsetDateTime {
        request_time.now() + self.policy.refresh_ttl
    }

    /// The token pair for the client.
    pub(super) fn pair(&self, issued: Issued, refresh_token: RefreshToken) -> TokenPair {
        TokenPair {
            access_token: issued.access_token,
            expires_in: self.policy.access_ttl,
            expires_at: issued.claims.expires_at,
            user_id: issued.claims.user_id,
            session_id: issued.session_id,
            token_id: issued.claims.token_id,
            refresh_token,
        }
    }
}

impl Issued {
    /// The token as stores keep it.
    pub(super) const fn live(&self) -> LiveAccessToken {
        self.claims.live()
    }
}

fn whole_second(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_nanosecond(0).unwrap_or(now)
}
