//! A session to apply the rules to.

use std::num::NonZeroU32;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::model::session_rules::{Decision, open, rotate};
use crate::model::{
    ConcurrentRefresh, LiveAccessToken, NewSession, RefreshLimits, RefreshToken, RetryTag, Rotate, Rotation,
    SealedSuccessor, SessionRecord, TenantId, TokenId, UserId,
};

pub(super) const START: OffsetDateTime = datetime!(2026-01-05 09:00:00.7 UTC);
pub(super) const MARGIN: Duration = Duration::from_secs(305);
pub(super) const LEEWAY: Duration = Duration::from_secs(10);
pub(super) const ACCESS_TTL: Duration = Duration::from_mins(15);
pub(super) const REFRESH_TTL: Duration = Duration::from_hours(24);
pub(super) const SESSION_TTL: Duration = Duration::from_hours(72);

/// The refresh token of a number; all are of one session.
pub(super) fn token(number: u8) -> RefreshToken {
    RefreshToken::first(UserId::from_uuid(Uuid::nil()), &[0; 32]).successor(&[number; 16])
}

pub(super) fn access_token(number: u8, issued_at: OffsetDateTime) -> LiveAccessToken {
    LiveAccessToken {
        id: TokenId::from_uuid(Uuid::from_bytes([number; 16])),
        expires_at: issued_at + ACCESS_TTL,
    }
}

pub(super) fn new_session() -> NewSession {
    NewSession {
        refresh_token: token(0).digest(),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        access_token: access_token(0, START),
        expires_at: START + REFRESH_TTL,
        ends_at: START + SESSION_TTL,
        max_sessions: 3,
        predecessor: None,
    }
}

/// A session whose current token is number 0.
pub(super) fn opened() -> SessionRecord {
    open(None, &new_session(), START).unwrap()
}

/// The rotation of the token `from` to the token `to`; its access token has the number of the successor.
pub(super) fn rotation(from: u8, to: u8, now: OffsetDateTime) -> Rotate {
    Rotate {
        presented: token(from).digest(),
        successor: token(to).digest(),
        tenant_id: TenantId::from_uuid(Uuid::nil()),
        access_token: access_token(to, now),
        expires_at: now + REFRESH_TTL,
        retry: None,
        concurrent_refresh: ConcurrentRefresh::Reject,
        limits: RefreshLimits { per_session: NonZeroU32::new(60), per_user: NonZeroU32::new(300) },
        reuse_leeway: LEEWAY,
        rotated_from: None,
        released: None,
        releases_oldest: false,
        is_repeat: false,
    }
}

/// The same rotation with a shared successor, sealed under no idempotency key.
pub(super) fn shared(mut rotate: Rotate) -> Rotate {
    rotate.retry.get_or_insert(SealedSuccessor { tag: None, sealed: vec![1; 60] });
    rotate.concurrent_refresh = ConcurrentRefresh::Share;
    rotate
}

/// The same rotation with these limits for a session and a user.
pub(super) fn limited(rotate: Rotate, [per_session, per_user]: [u32; 2]) -> Rotate {
    let [per_session, per_user] = [per_session, per_user].map(NonZeroU32::new);
    Rotate { limits: RefreshLimits { per_session, per_user }, ..rotate }
}

pub(super) fn keyed(mut rotate: Rotate, key: u8) -> Rotate {
    rotate.retry =
        Some(SealedSuccessor { tag: Some(RetryTag::from_bytes([key; 16])), sealed: vec![key; 60] });
    rotate
}

pub(super) fn apply(record: &SessionRecord, request: &Rotate, now: OffsetDateTime) -> Decision<Rotation> {
    rotate(Some(record), None, request, now, MARGIN)
}

/// The record after a rotation that succeeds.
pub(super) fn rotated(record: &SessionRecord, request: &Rotate, now: OffsetDateTime) -> SessionRecord {
    let decision = apply(record, request, now);
    assert_eq!(decision.outcome, Rotation::Rotated);
    let change = decision.change.unwrap();
    assert_eq!(change.denylist, []);
    change.record
}
