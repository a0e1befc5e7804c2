//! The rotation of a refresh token, and its outcomes.

use std::time::Duration;

use time::OffsetDateTime;

use super::{EndReason, LimitKey, LiveAccessToken, RefreshTokenDigest, SealedSuccessor, TenantId, TokenId};

/// A rotation to be tried.
#[derive(Clone, Debug)]
pub struct Rotate {
    /// The refresh token that the client sent.
    pub presented: RefreshTokenDigest,
    /// The refresh token to become current; of the same session.
    pub successor: RefreshTokenDigest,
    /// The user's tenant now.
    pub tenant_id: TenantId,
    /// The access token signed for this call.
    pub access_token: LiveAccessToken,
    /// When the successor expires; the store cuts it to the session's absolute limit.
    pub expires_at: OffsetDateTime,
    /// The sealed successor, where the client asked for a safe retry.
    pub retry: Option<SealedSuccessor>,
    /// For this long after its use the predecessor ends nothing.
    pub reuse_leeway: Duration,
    /// The keyed hash of the client's address, if it is known.
    pub rotated_from: Option<LimitKey>,
    /// An access token of this session that was denylisted to make room.
    pub released: Option<TokenId>,
}

/// What became of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The successor is current now.
    Rotated,
    /// A repeat of the call that made this successor; the new access token is remembered.
    Retried(SealedSuccessor),
    /// The immediate predecessor was presented within the grace period; nothing changed.
    AlreadyUsed {
        /// [`Rotate::rotated_from`] of the rotation that used the token.
        rotated_from: Option<LimitKey>,
    },
    /// A used token came back: the session has ended with this call.
    ReuseDetected,
    /// The session had ended before.
    Ended(EndReason),
    /// The token, or its session, is past its lifetime.
    Expired,
    /// The session belongs to another tenant than the user does now; nothing changed.
    TenantMismatch,
    /// The session has as many live access tokens as it can remember; nothing changed.
    AtCapacity {
        /// The one that expires first.
        oldest: LiveAccessToken,
    },
    /// There is no such session, or no record of it any more.
    Unknown,
}
