//! The rotation of a refresh token, and its outcomes.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    ConcurrentRefresh, EndReason, LimitKey, LiveAccessToken, RefreshLimits, RefreshTokenDigest,
    SealedSuccessor, TenantId, TokenId,
};

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
    /// The sealed successor, if another call may get it.
    pub retry: Option<SealedSuccessor>,
    /// What the immediate predecessor gets within the grace period.
    pub concurrent_refresh: ConcurrentRefresh,
    /// The limits of refreshes.
    pub limits: RefreshLimits,
    /// The grace period for reuse: within it after its use, the predecessor does not end the session.
    pub reuse_leeway: Duration,
    /// The keyed hash of the client's address, if it is known.
    pub rotated_from: Option<LimitKey>,
    /// The access token of a full session that was written to the denylist to make room.
    pub released: Option<TokenId>,
    /// Whether a full session releases its oldest access token in the same operation, and any session those that a clock ahead
    /// has issued. A store whose denylist takes no part in that operation returns [`Rotation::AtCapacity`] nevertheless, and
    /// releases none.
    pub releases_oldest: bool,
    /// Whether this repeats a call that got no answer. Meanwhile the client may have used the successor elsewhere, so an
    /// older token than the predecessor is no reuse. If the session has ended by reuse, this call has probably ended it.
    pub is_repeat: bool,
}

/// The outcome of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The successor is current.
    Rotated,
    /// The call is a retry. This is the sealed successor; the new access token is stored.
    Retried(SealedSuccessor),
    /// The immediate predecessor was presented within the grace period, and its successor is shared. The new access token
    /// is stored.
    Shared {
        /// The sealed successor.
        sealed: SealedSuccessor,
        /// [`Rotate::rotated_from`] of the rotation that used the token.
        rotated_from: Option<LimitKey>,
    },
    /// The immediate predecessor was presented within the grace period. Nothing changed.
    AlreadyUsed {
        /// [`Rotate::rotated_from`] of the rotation that used the token.
        rotated_from: Option<LimitKey>,
    },
    /// The call would have succeeded, but a limit is reached. Nothing changed.
    RateLimited {
        /// The limit.
        limit: RefreshLimit,
        /// The time until the minute of the limit has passed.
        retry_after: Duration,
    },
    /// A used token was presented again. This call ended the session.
    ReuseDetected {
        /// [`Rotate::rotated_from`] of the last rotation.
        rotated_from: Option<LimitKey>,
        /// Whether the store may have forgotten a newer rotation: it went back to an older state after the last rotation that it
        /// knows, so the token may be its successor. The rules set `false`; a store that replicates sets `true`.
        rotation_may_be_lost: bool,
    },
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

/// A limit of refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshLimit {
    /// [`MAX_RETRIES`](super::MAX_RETRIES) in a minute of the session, until the successor is used.
    Retries,
    /// [`RefreshLimits::per_session`].
    Session,
    /// [`RefreshLimits::per_user`].
    User,
}

impl RefreshLimit {
    /// All limits.
    pub const ALL: [Self; 3] = [Self::Retries, Self::Session, Self::User];

    /// The name in stores and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retries => "retries",
            Self::Session => "session",
            Self::User => "user",
        }
    }

    /// The limit with this name; `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.name() == name)
    }
}
