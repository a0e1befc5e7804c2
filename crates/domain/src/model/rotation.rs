//! The rotation of a refresh token, and its outcomes.

use std::time::Duration;

use time::OffsetDateTime;

use super::{EndReason, LimitKey, LiveAccessToken, RefreshTokenDigest, SealedSuccessor, TenantId, TokenId};

/// A request to rotate.
#[derive(Clone, Debug)]
pub struct Rotate {
    /// The digest of the presented refresh token.
    pub presented: RefreshTokenDigest,
    /// The digest of its successor in the same session.
    pub successor: RefreshTokenDigest,
    /// The user's tenant now.
    pub tenant_id: TenantId,
    /// The access token of this call.
    pub access_token: LiveAccessToken,
    /// The time at which the successor expires, unless the absolute limit of the session is earlier.
    pub expires_at: OffsetDateTime,
    /// The sealed successor, if the client may retry.
    pub retry: Option<SealedSuccessor>,
    /// The grace period for reuse: within it after its use, the predecessor does not end the session.
    pub reuse_leeway: Duration,
    /// The keyed hash of the client's address, if it is known.
    pub rotated_from: Option<LimitKey>,
    /// The access token of a full session that was written to the denylist to make room.
    pub released: Option<TokenId>,
}

/// The outcome of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The successor is current.
    Rotated,
    /// The call is a retry. This is the sealed successor; the new access token is stored.
    Retried(SealedSuccessor),
    /// The immediate predecessor was presented within the grace period. Nothing changed.
    AlreadyUsed {
        /// [`Rotate::rotated_from`] of the rotation that used the token.
        rotated_from: Option<LimitKey>,
    },
    /// A used token was presented again. This call ended the session.
    ReuseDetected,
    /// The session has ended before.
    Ended(EndReason),
    /// The token or its session has expired.
    Expired,
    /// The session belongs to another tenant than the user. Nothing changed.
    TenantMismatch,
    /// The session has the maximum number of live access tokens. Nothing changed.
    AtCapacity {
        /// The access token that expires first.
        oldest: LiveAccessToken,
    },
    /// There is no record of the session.
    Unknown,
}
