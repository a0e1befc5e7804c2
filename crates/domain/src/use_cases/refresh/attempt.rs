//! The presented token of a refresh, and what becomes of it.

use super::command::{RefreshError, RefreshKind, RefreshRejection, Refreshed};
use crate::model::{
    ConcurrentRefresh, EndReason, IdempotencyKey, LimitKey, RefreshToken, RequestTime, RetryKey, Rotation,
    SealedSuccessor, TokenPair,
};
use crate::ports::PortError;

/// The presented token, with what the rotation needs besides.
pub(super) struct Attempt {
    pub(super) presented: RefreshToken,
    pub(super) client: Option<LimitKey>,
    pub(super) retry_key: Option<RetryKey>,
    pub(super) request_time: RequestTime,
}

impl Attempt {
    /// An attempt whose successor is sealed if another call may get it.
    pub(super) fn new(
        presented: RefreshToken,
        client: Option<LimitKey>,
        key: Option<&IdempotencyKey>,
        concurrent_refresh: ConcurrentRefresh,
        request_time: RequestTime,
    ) -> Self {
        let is_sealed = key.is_some() || concurrent_refresh == ConcurrentRefresh::Share;
        let retry_key = is_sealed.then(|| RetryKey::derive(presented.expose_bytes(), key));
        Self { presented, client, retry_key, request_time }
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
                let session = self.presented.session();
                return Err(RefreshError::RateLimited { limit, retry_after, session });
            }
            Rotation::AtCapacity { .. } => {
                return Err(PortError::unanswered("the session has too many live access tokens").into());
            }
            Rotation::AlreadyUsed { rotated_from } => {
                RefreshRejection::AlreadyUsed { same_address: self.has_address(rotated_from) }
            }
            Rotation::ReuseDetected { rotated_from } => {
                RefreshRejection::ReuseDetected { same_address: self.has_address(rotated_from) }
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
        RefreshError::InvalidRefreshToken { rejection, session: Some(self.presented.session()) }
    }
}
