//! The input and the outcomes of a refresh.

use std::time::Duration;

use thiserror::Error;

use super::rejection::RefreshRejection;
use crate::model::{
    IdempotencyKey, LimitKey, PresentedRefreshToken, RefreshLimit, RequestTime, SessionRef, TokenPair, UserId,
};
use crate::ports::PortError;

/// A request to refresh, checked for its form.
#[derive(Debug)]
pub struct RefreshCommand {
    /// The presented token; `None` if the text is not a token.
    pub refresh_token: Option<PresentedRefreshToken>,
    /// The keyed hash of the client's address, if it is known.
    pub client: Option<LimitKey>,
    /// The idempotency key, if the client sent one: the call may be retried with it.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The time of the request.
    pub request_time: RequestTime,
}

/// A refresh that succeeded.
#[derive(Debug)]
pub struct Refreshed {
    /// The new tokens.
    pub tokens: TokenPair,
    /// How the refresh token was obtained.
    pub kind: RefreshKind,
}

/// How a refresh that succeeded obtained its refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshKind {
    /// It is new.
    Rotated,
    /// An earlier call with the same idempotency key made it.
    Retried,
    /// An earlier call with the same token made it.
    Shared {
        /// Whether the client has the address that the token was used from, if both are known.
        same_address: Option<bool>,
    },
}

/// A refresh that failed. None of these errors consumes the presented token; some rejections end its session.
#[derive(Debug, Error)]
pub enum RefreshError {
    /// The token is not a live refresh token.
    #[error("the refresh token is invalid: {rejection}")]
    InvalidRefreshToken {
        /// The reason, for logs.
        rejection: RefreshRejection,
        /// The session of the token. It may not exist.
        session: Option<SessionRef>,
    },
    /// The token is valid, but a limit is reached.
    #[error("the limit of refreshes is reached: {}", .limit.name())]
    RateLimited {
        /// The limit.
        limit: RefreshLimit,
        /// The time until the minute of the limit has passed.
        retry_after: Duration,
        /// The session of the token.
        session: SessionRef,
    },
    /// An error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl RefreshError {
    /// A rejection of a token without a session.
    pub(super) const fn without_session(rejection: RefreshRejection) -> Self {
        Self::InvalidRefreshToken { rejection, session: None }
    }

    /// The user of the presented token. The user may not exist.
    #[must_use]
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::InvalidRefreshToken { session: Some(session), .. } | Self::RateLimited { session, .. } => {
                Some(session.user_id)
            }
            Self::InvalidRefreshToken { session: None, .. } | Self::Port(_) => None,
        }
    }
}
