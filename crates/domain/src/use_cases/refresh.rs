//! Refresh: a refresh token for a new token pair.

use std::sync::Arc;

use super::issue::Issuer;
use crate::model::{
    EndReason, EndSession, Ending, LiveAccessToken, MAX_LIVE_ACCESS_TOKENS, PresentedRefreshToken,
    RefreshTokenDigest, RequestTime, Rotate, Rotation, TokenPair, User,
};
use crate::ports::{Denylist, LegacyRefreshTokens, PortError, SessionStore, UserRepository, random_bytes};
use attempt::{Attempt, Caller};
use legacy::{Exchange, Exchanged};

mod attempt;
mod command;
mod legacy;
mod rejection;
#[cfg(test)]
mod tests;

pub use command::{RefreshCommand, RefreshError, RefreshKind, Refreshed};
pub use rejection::RefreshRejection;

/// The most releases of access tokens in one call. A concurrent call may take each place that is released.
const MAX_RELEASES: usize = 2 * MAX_LIVE_ACCESS_TOKENS;

/// Continues a session.
pub struct Refresh {
    /// The users, as they are now.
    pub users: Arc<dyn UserRepository>,
    /// The sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// The denylist, for access tokens that a full session releases.
    pub denylist: Arc<dyn Denylist>,
    /// The refresh tokens of the legacy service; `None` if there was none.
    pub legacy: Option<Arc<dyn LegacyRefreshTokens>>,
    /// Makes the tokens.
    pub issuer: Arc<Issuer>,
}

impl Refresh {
    /// Reads the user, signs the new tokens, and rotates last. An error before the rotation changes nothing, except that the
    /// session of a user who may not continue it ends.
    ///
    /// # Errors
    /// [`RefreshError`].
    pub async fn run(&self, command: RefreshCommand) -> Result<Refreshed, RefreshError> {
        let RefreshCommand { refresh_token, client, idempotency_key, request_time } = command;
        let (idempotency_key, policy) = (idempotency_key.as_ref(), self.issuer.policy);
        let concurrent_refresh = policy.concurrent_refresh;
        let caller = Caller { client, idempotency_key, concurrent_refresh, request_time };
        let attempt = match refresh_token {
            Some(PresentedRefreshToken::Current(presented)) => {
                let successor = presented.successor(&*random_bytes(&*self.issuer.entropy)?);
                Attempt::new(presented.digest(), presented.expose_bytes(), successor, caller)
            }
            Some(PresentedRefreshToken::Legacy(presented)) => {
                match self.exchange()?.run(&presented, caller).await? {
                    Exchanged::Opened(refreshed) => return Ok(refreshed),
                    Exchanged::Before(attempt) => attempt,
                }
            }
            None => return Err(RefreshError::without_session(RefreshRejection::Malformed)),
        };

        let user_id = attempt.presented.session.user_id;
        let user = match self.users.find_by_id(user_id, request_time).await? {
            Some(user) if user.is_active() => user,
            Some(_) => return Err(self.end(&attempt, EndReason::UserInactive).await),
            None => return Err(self.end(&attempt, EndReason::Revoked).await),
        };
        let (rotation, tokens) = self.rotate(&user, &attempt).await?;
        if rotation == Rotation::TenantMismatch {
            return Err(self.end(&attempt, EndReason::Revoked).await);
        }
        attempt.conclude(rotation, tokens)
    }

    fn exchange(&self) -> Result<Exchange<'_>, RefreshError> {
        let unknown = || RefreshError::without_session(RefreshRejection::Unknown);
        Ok(Exchange {
            tokens: self.legacy.as_deref().ok_or_else(unknown)?,
            users: &*self.users,
            sessions: &*self.sessions,
            issuer: &self.issuer,
        })
    }

    /// Makes the next tokens and rotates. While the session is full, its oldest access token is revoked to make room, by the store
    /// in the same operation if it can.
    async fn rotate(&self, user: &User, attempt: &Attempt) -> Result<(Rotation, TokenPair), PortError> {
        let (request_time, policy) = (attempt.request_time, self.issuer.policy);
        let session = attempt.presented.session;
        let issued = self.issuer.issue(user, session.session_id, request_time)?;
        let mut rotate = Rotate {
            presented: attempt.presented,
            successor: RefreshTokenDigest { session, ..attempt.successor.digest() },
            tenant_id: user.tenant_id,
            access_token: issued.live(),
            expires_at: self.issuer.refresh_token_expiry(request_time),
            retry: self.issuer.seal(attempt.retry_key.as_ref(), &attempt.successor)?,
            concurrent_refresh: policy.concurrent_refresh,
            limits: policy.refresh_limits,
            reuse_leeway: policy.reuse_leeway,
            rotated_from: attempt.client,
            released: None,
            releases_oldest: true,
            is_repeat: false,
        };
        let mut rotation = self.sessions.rotate(&rotate, request_time).await?;
        for _ in 0..MAX_RELEASES {
            let Rotation::AtCapacity { oldest } = rotation else { break };
            rotation = match self.release(oldest, &mut rotate, request_time).await {
                // An access token is revoked, so it is not true any more that nothing changed.
                Err(error) if rotate.released.is_some() => return Err(error.into_unanswered()),
                released => released?,
            };
        }
        Ok((rotation, self.issuer.pair(issued, attempt.successor.clone())))
    }

    /// Revokes the oldest access token of a full session, and rotates without it.
    async fn release(
        &self,
        oldest: LiveAccessToken,
        rotate: &mut Rotate,
        request_time: RequestTime,
    ) -> Result<Rotation, PortError> {
        self.denylist.add(oldest, request_time).await?;
        rotate.released = Some(oldest.id);
        self.sessions.rotate(rotate, request_time).await
    }

    /// Ends the session of a user who may not continue it. Returns the error for the client.
    async fn end(&self, attempt: &Attempt, reason: EndReason) -> RefreshError {
        let end = EndSession { session: attempt.presented.session, reason, also_revoke: None };
        match self.sessions.end(&end, attempt.request_time).await {
            Ok(Ending::Ended) => attempt.reject(RefreshRejection::SessionEnded(reason)),
            Ok(Ending::Unknown) => attempt.reject(RefreshRejection::Unknown),
            Err(error) => error.into(),
        }
    }
}
