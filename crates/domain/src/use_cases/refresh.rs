//! Refresh: a refresh token for a new token pair.

use std::sync::Arc;

use thiserror::Error;

use super::Issuer;
use crate::model::{
    EndReason, EndSession, Ending, IdempotencyKey, LimitKey, LiveAccessToken, MAX_LIVE_ACCESS_TOKENS,
    PresentedRefreshToken, RefreshToken, RequestTime, RetryKey, Rotate, Rotation, SealedSuccessor,
    SessionRef, TokenId, TokenPair, User, UserId,
};
use crate::ports::{Denylist, LegacyRefreshTokens, PortError, SessionStore, UserRepository, random_bytes};

mod legacy;
#[cfg(test)]
mod tests;

/// How often a full session is relieved of its oldest access token before the call gives up: each
/// time a simultaneous call may take the place, and the deadline bounds them all.
const MAX_RELEASES: usize = 2 * MAX_LIVE_ACCESS_TOKENS;

/// Continues a session.
pub struct Refresh {
    /// Who users are, and what they may do now.
    pub users: Arc<dyn UserRepository>,
    /// Where sessions are kept.
    pub sessions: Arc<dyn SessionStore>,
    /// Where access tokens are revoked that a full session has to let go.
    pub denylist: Arc<dyn Denylist>,
    /// Where tokens of the former service are known; `None` where there was none.
    pub legacy: Option<Arc<dyn LegacyRefreshTokens>>,
    /// Makes the tokens.
    pub issuer: Arc<Issuer>,
}

/// What a client sent, checked for its shape.
#[derive(Debug)]
pub struct RefreshCommand {
    /// The presented token; `None` for a text that is none.
    pub refresh_token: Option<PresentedRefreshToken>,
    /// The keyed hash of the client's address, if it is known.
    pub client: Option<LimitKey>,
    /// The client's name for this call, under which it may be repeated.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The time of the request.
    pub request_time: RequestTime,
}

/// A refresh that succeeded.
#[derive(Debug)]
pub struct Refreshed {
    /// The new tokens.
    pub tokens: TokenPair,
    /// Whether this call repeated an earlier one.
    pub retried: bool,
}

/// A refresh that did not succeed. The presented token is consumed by none of these.
#[derive(Debug, Error)]
pub enum RefreshError {
    /// Not a live refresh token.
    #[error("the refresh token is invalid: {rejection}")]
    InvalidRefreshToken {
        /// What was wrong.
        rejection: RefreshRejection,
        /// The session that the token names; it need not exist.
        session: Option<SessionRef>,
    },
    /// Trouble behind a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why a refresh token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RefreshRejection {
    /// No refresh token of this service.
    #[error("malformed")]
    Malformed,
    /// No record of its session.
    #[error("unknown")]
    Unknown,
    /// Past its lifetime.
    #[error("expired")]
    Expired,
    /// Used a moment ago; its session goes on.
    #[error("already_used")]
    AlreadyUsed {
        /// Whether the client has the address that the token was used from, if both are known.
        same_address: Option<bool>,
    },
    /// A used token came back: this call ended its session.
    #[error("reuse_detected")]
    ReuseDetected,
    /// Its session has ended, by this call or before.
    #[error("session_ended: {0}")]
    SessionEnded(EndReason),
}

impl Refresh {
    /// Reads the user, signs, and only then rotates: a failure leaves the presented token as it was.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub async fn run(&self, command: RefreshCommand) -> Result<Refreshed, RefreshError> {
        let RefreshCommand { refresh_token, client, idempotency_key, request_time } = command;
        let presented = match refresh_token {
            Some(PresentedRefreshToken::Current(presented)) => presented,
            Some(PresentedRefreshToken::Legacy(presented)) => {
                return self.exchange(&presented, request_time).await;
            }
            None => return Err(rejected_stranger(RefreshRejection::Malformed)),
        };
        let session = presented.session();
        let reject = |rejection| RefreshError::InvalidRefreshToken { rejection, session: Some(session) };

        let user = match self.users.find_by_id(session.user_id, request_time).await? {
            Some(user) if user.is_active() => user,
            Some(_) => return Err(reject(self.end(session, EndReason::UserInactive, request_time).await?)),
            None => return Err(reject(self.end(session, EndReason::Revoked, request_time).await?)),
        };
        let retry_key = idempotency_key.map(|key| RetryKey::derive(&presented, &key));
        let (rotation, fresh) =
            self.rotate(&user, &presented, client, retry_key.as_ref(), request_time).await?;

        match rotation {
            Rotation::Rotated => Ok(Refreshed { tokens: fresh, retried: false }),
            Rotation::Retried(retry) => {
                let successor = retry_key.and_then(|key| key.open(&retry));
                let refresh_token =
                    successor.ok_or_else(|| PortError::corrupt("a sealed successor does not open"))?;
                Ok(Refreshed { tokens: TokenPair { refresh_token, ..fresh }, retried: true })
            }
            Rotation::AlreadyUsed { rotated_from } => {
                let same_address =
                    rotated_from.zip(client).map(|(rotated_from, client)| rotated_from == client);
                Err(reject(RefreshRejection::AlreadyUsed { same_address }))
            }
            Rotation::ReuseDetected => Err(reject(RefreshRejection::ReuseDetected)),
            Rotation::Ended(reason) => Err(reject(RefreshRejection::SessionEnded(reason))),
            Rotation::Expired => Err(reject(RefreshRejection::Expired)),
            Rotation::Unknown => Err(reject(RefreshRejection::Unknown)),
            Rotation::TenantMismatch => {
                Err(reject(self.end(session, EndReason::Revoked, request_time).await?))
            }
            Rotation::AtCapacity { .. } => {
                Err(PortError::overloaded("the session has too many live access tokens").into())
            }
        }
    }

    /// Mints the next pair and commits it; a session that is full lets its oldest access token go.
    async fn rotate(
        &self,
        user: &User,
        presented: &RefreshToken,
        client: Option<LimitKey>,
        retry_key: Option<&RetryKey>,
        request_time: RequestTime,
    ) -> Result<(Rotation, TokenPair), RefreshError> {
        let successor = presented.successor(&*random_bytes(&*self.issuer.entropy)?);
        let issued = self.issuer.issue(user, &successor, request_time)?;
        let mut rotate = Rotate {
            presented: presented.digest(),
            successor: successor.digest(),
            tenant_id: user.tenant_id,
            access_token: issued.live(),
            expires_at: self.issuer.refresh_token_expiry(request_time),
            retry: self.seal(&successor, retry_key)?,
            reuse_leeway: self.issuer.policy.reuse_leeway,
            rotated_from: client,
            released: None,
        };
        let mut rotation = self.sessions.rotate(&rotate, request_time).await?;
        for _ in 0..MAX_RELEASES {
            let Rotation::AtCapacity { oldest } = rotation else { break };
            rotate.released = Some(self.revoke(oldest, request_time).await?);
            rotation = self.sessions.rotate(&rotate, request_time).await?;
        }
        Ok((rotation, self.issuer.pair(issued, successor)))
    }

    fn seal(
        &self,
        successor: &RefreshToken,
        key: Option<&RetryKey>,
    ) -> Result<Option<SealedSuccessor>, PortError> {
        let Some(key) = key else { return Ok(None) };
        let nonce = random_bytes(&*self.issuer.entropy)?;
        Ok(Some(key.seal(successor, *nonce)))
    }

    async fn revoke(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<TokenId, PortError> {
        self.denylist.add(token, request_time).await?;
        Ok(token.id)
    }

    /// Ends the session of a user who may not continue it, and tells so only to its holder.
    async fn end(
        &self,
        session: SessionRef,
        reason: EndReason,
        request_time: RequestTime,
    ) -> Result<RefreshRejection, PortError> {
        let end = EndSession { session, reason, also_revoke: None };
        Ok(match self.sessions.end(&end, request_time).await? {
            Ending::Ended => RefreshRejection::SessionEnded(reason),
            Ending::Unknown => RefreshRejection::Unknown,
        })
    }
}

/// A rejection of a token that names no session.
const fn rejected_stranger(rejection: RefreshRejection) -> RefreshError {
    RefreshError::InvalidRefreshToken { rejection, session: None }
}

impl RefreshError {
    /// Returns the user that the presented token names; he need not exist.
    #[must_use]
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::InvalidRefreshToken { session: Some(session), .. } => Some(session.user_id),
            Self::InvalidRefreshToken { session: None, .. } | Self::Port(_) => None,
        }
    }
}
