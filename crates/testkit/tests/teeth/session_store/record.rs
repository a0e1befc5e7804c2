//! What the store keeps of one session.

use auth_domain::model::{
    EndReason, LimitKey, LiveAccessToken, NewSession, SealedSuccessor, SessionRef, SessionSummary, TenantId,
};
use time::OffsetDateTime;

#[derive(Clone)]
pub(super) struct Record {
    pub(super) session: SessionRef,
    pub(super) tenant_id: TenantId,
    pub(super) current: [u8; 32],
    pub(super) previous: Option<[u8; 32]>,
    pub(super) retry: Option<SealedSuccessor>,
    pub(super) rotated_from: Option<LimitKey>,
    pub(super) live: Vec<LiveAccessToken>,
    pub(super) created_at: OffsetDateTime,
    pub(super) rotated_at: OffsetDateTime,
    pub(super) expires_at: OffsetDateTime,
    pub(super) ends_at: OffsetDateTime,
    pub(super) ended: Option<EndReason>,
    /// What a store without the session half in its tokens would have to keep.
    pub(super) used: Vec<[u8; 32]>,
}

impl Record {
    pub(super) fn open(session: &NewSession, now: OffsetDateTime) -> Self {
        Self {
            session: session.refresh_token.session,
            tenant_id: session.tenant_id,
            current: session.refresh_token.value,
            previous: None,
            retry: None,
            rotated_from: None,
            live: vec![session.access_token],
            created_at: now,
            rotated_at: now,
            expires_at: session.expires_at.min(session.ends_at),
            ends_at: session.ends_at,
            ended: None,
            used: Vec::new(),
        }
    }

    pub(super) fn is_alive(&self, now: OffsetDateTime) -> bool {
        self.ended.is_none() && !self.is_over(now)
    }

    pub(super) fn is_over(&self, now: OffsetDateTime) -> bool {
        now >= self.expires_at || now >= self.ends_at
    }

    pub(super) fn summary(&self) -> SessionSummary {
        SessionSummary {
            session_id: self.session.session_id,
            created_at: self.created_at,
            rotated_at: self.rotated_at,
            expires_at: self.expires_at,
        }
    }
}
