//! The presented token of a refresh, and what becomes of it.

use super::command::{RefreshError, RefreshKind, Refreshed};
use super::rejection::RefreshRejection;
use crate::model::{
    ConcurrentRefresh, EndReason, IdempotencyKey, LimitKey, RefreshToken, RefreshTokenDigest, RequestTime,
    RetryKey, Rotation, SealedSuccessor, TokenPair,
};
use crate::ports::PortError;

/// A refresh without its token.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) client: Option<LimitKey>,
    pub(super) idempotency_key: Option<&'a IdempotencyKey>,
    pub(super) concurrent_refresh: ConcurrentRefresh,
    pub(super) request_time: RequestTime,
}

/// The presented token, with what the rotation needs besides.
pub(super) struct Attempt {
    pub(super) presented: RefreshTokenDigest,
    /// The token that becomes current if the presented one is current.
    pub(super) successor: RefreshToken,
    pub(super) client: Option<LimitKey>,
    pub(super) retry_key: Option<RetryKey>,
    pub(super) request_time: RequestTime,
}

impl Caller<'_> {
    /// The key for the sealed successor of a token with this secret, if another call may get it.
    pub(super) fn retry_key(&self, secret: &[u8]) -> Option<RetryKey> {
        let is_sealed = self.idempotency_key.is_some() || self.concurrent_refresh == ConcurrentRefresh::Share;
        is_sealed.then(|| RetryKey::derive(secret, self.idempotency_key))
    }
}

impl Attempt {
    /// An attempt of `caller`.
    ///
    /// # Parameters
    /// - `secret`: the secret bytes of the presented token.
    pub(super) fn new(
        presented: RefreshTokenDigest,
        secret: &[u8],
        successor: RefreshToken,
        caller: Caller<'_>,
    ) -> Self {
        let (client, request_time) = (caller.client, caller.request_time);
        Self { presented, successor, client, retry_key: caller.retry_key(secret), request_time }
    }

    /// The result of a rotation. The caller has ended a session of another tenant.
    pub(super) fn conclude(&self, rotation: Rotation, tokens: TokenPair) -> Result<Refreshed, RefreshError> {
        let rejection = match rotation {
            Rotation::Rotated => return Ok(Refreshed { tokens, kind: RefreshKind::Rotated }),
            Rotation::Retried(sealed) => {
                let corrupt = || PortError::corrupt("a sealed successor cannot be opened");
                let refresh_token = self.open(&sealed).ok_or_else(corrupt)?;
                let tokens = TokenPair { refresh_token, ..tokens };
                return Ok(Refreshed { tokens, kind: RefreshKind::Retried });
            }
            Rotation::Shared { sealed, rotated_from } => {
                let same_address = self.has_address(rotated_from);
                if let Some(refresh_token) = self.open(&sealed) {
                    let tokens = TokenPair { refresh_token, ..tokens };
                    return Ok(Refreshed { tokens, kind: RefreshKind::Shared { same_address } });
                }
                // The release before sealed it, for holders of the idempotency key only.
                RefreshRejection::AlreadyUsed { same_address }
            }
            Rotation::RateLimited { limit, retry_after } => {
                let session = self.presented.session;
                return Err(RefreshError::RateLimited { limit, retry_after, session });
            }
            Rotation::AtCapacity { .. } => {
                return Err(PortError::unanswered("the session has too many live access tokens").into());
            }
            Rotation::AlreadyUsed { rotated_from } => {
                RefreshRejection::AlreadyUsed { same_address: self.has_address(rotated_from) }
            }
            Rotation::ReuseDetected { rotated_from, rotation_may_be_lost } => {
                let same_address = self.has_address(rotated_from);
                RefreshRejection::ReuseDetected { same_address, rotation_may_be_lost }
            }
            Rotation::TenantMismatch => RefreshRejection::SessionEnded(EndReason::Revoked),
            Rotation::Ended(reason) => RefreshRejection::SessionEnded(reason),
            Rotation::Expired => RefreshRejection::Expired,
            Rotation::Unknown => RefreshRejection::Unknown,
        };
        Err(self.reject(rejection))
    }

    /// The successor of the call that used the presented token before.
    fn open(&self, sealed: &SealedSuccessor) -> Option<RefreshToken> {
        self.retry_key.as_ref().and_then(|key| key.open(sealed))
    }

    /// Whether the client has the address that the last rotation came from, if both are known.
    fn has_address(&self, rotated_from: Option<LimitKey>) -> Option<bool> {
        rotated_from.zip(self.client).map(|(before, now)| before == now)
    }

    pub(super) fn reject(&self, rejection: RefreshRejection) -> RefreshError {
        RefreshError::InvalidRefreshToken { rejection, session: Some(self.presented.session) }
    }
}
