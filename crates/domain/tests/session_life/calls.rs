//! The values of calls, made from small numbers: a request makes one refresh token and one access token, with its own number.

use std::time::Duration;

use auth_domain::model::{
    ConcurrentRefresh, EndReason, EndSession, LiveAccessToken, NewSession, RefreshLimits, RefreshTokenDigest,
    RetryTag, Rotate, SealedSuccessor, SessionId, SessionRef, TenantId, TokenId, UserId,
};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::request::Refresh;
use crate::scenario::Retries;

/// The number of a token: that of the request that made it.
pub(crate) type Token = u8;

pub(crate) const MARGIN: Duration = Duration::from_secs(305);
pub(crate) const LEEWAY: Duration = Duration::from_secs(10);
pub(crate) const ACCESS_TTL: Duration = Duration::from_mins(15);
pub(crate) const REFRESH_TTL: Duration = Duration::from_hours(24);
const SESSION_TTL: Duration = Duration::from_hours(72);
const START: OffsetDateTime = datetime!(2026-01-05 09:00:00 UTC);

/// The time after so many seconds.
pub(crate) fn at(seconds: u32) -> OffsetDateTime {
    START + Duration::from_secs(u64::from(seconds))
}

pub(crate) fn access_token(token: Token, issued_at: u32) -> LiveAccessToken {
    LiveAccessToken {
        id: TokenId::from_uuid(Uuid::from_bytes([token; 16])),
        expires_at: at(issued_at) + ACCESS_TTL,
    }
}

/// The number of an access token.
pub(crate) fn number(token: &LiveAccessToken) -> Token {
    token.id.as_bytes()[0]
}

pub(crate) fn new_session(session: u8, token: Token, now: u32) -> NewSession {
    NewSession {
        refresh_token: digest(session, token),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        access_token: access_token(token, now),
        expires_at: at(now) + REFRESH_TTL,
        ends_at: at(now) + SESSION_TTL,
        max_sessions: 3,
        predecessor: None,
    }
}

pub(crate) fn rotation(refresh: Refresh, token: Token, now: u32, retries: Retries) -> Rotate {
    let concurrent_refresh = match retries {
        Retries::Shared => ConcurrentRefresh::Share,
        Retries::Keyed | Retries::Rejected => ConcurrentRefresh::Reject,
    };
    let tag = refresh.key.map(|key| RetryTag::from_bytes([key + 1; 16]));
    let is_sealed = tag.is_some() || retries == Retries::Shared;
    Rotate {
        presented: digest(refresh.session, refresh.presented),
        successor: digest(refresh.session, token),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        access_token: access_token(token, now),
        expires_at: at(now) + REFRESH_TTL,
        retry: is_sealed.then(|| SealedSuccessor { tag, sealed: vec![refresh.presented, token] }),
        concurrent_refresh,
        limits: RefreshLimits { per_session: None, per_user: None },
        reuse_leeway: LEEWAY,
        rotated_from: None,
        released: None,
        releases_oldest: true,
        is_repeat: false,
    }
}

/// The successor in `sealed`, which only a holder of the token that it was sealed for can open.
pub(crate) fn open_sealed(sealed: &SealedSuccessor, presented: Token) -> Option<Token> {
    (sealed.sealed[0] == presented).then(|| sealed.sealed[1])
}

pub(crate) fn end(session: u8, reason: EndReason, also_revoke: Option<LiveAccessToken>) -> EndSession {
    EndSession { session: session_ref(session), reason, also_revoke }
}

fn digest(session: u8, token: Token) -> RefreshTokenDigest {
    RefreshTokenDigest { session: session_ref(session), value: [token; 32] }
}

fn session_ref(session: u8) -> SessionRef {
    SessionRef {
        user_id: UserId::from_uuid(Uuid::nil()),
        session_id: SessionId::from_uuid(Uuid::from_bytes([session; 16])),
    }
}
