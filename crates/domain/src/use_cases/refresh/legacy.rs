//! A refresh token of the former service, exchanged for the first pair of a new session.

use super::{Refresh, RefreshError, RefreshRejection, Refreshed, rejected_stranger};
use crate::model::{EndReason, EndSession, LegacyHolder, LegacyRefreshToken, RequestTime, SessionRef, User};
use crate::ports::PortError;

impl Refresh {
    /// Opens the session first and consumes the token last: whoever loses the race for it, or comes too
    /// late, ends the session that he opened.
    pub(super) async fn exchange(
        &self,
        presented: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Refreshed, RefreshError> {
        let unknown = || rejected_stranger(RefreshRejection::Unknown);
        let legacy = self.legacy.as_deref().ok_or_else(unknown)?;
        let holder = legacy.find(presented, request_time).await?.ok_or_else(unknown)?;
        let user = self.users.find_by_id(holder.user_id, request_time).await?;
        let user = user.filter(|user| may_continue(user, holder)).ok_or_else(unknown)?;

        let (session, tokens) = self.issuer.first(&user, request_time)?;
        self.sessions.open(&session, request_time).await?;
        let consumed = legacy.consume(presented, user.id, request_time).await;
        if matches!(consumed, Ok(true)) {
            return Ok(Refreshed { tokens, retried: false });
        }
        let ended = self.take_back(session.refresh_token.session, request_time).await;
        consumed?;
        ended?;
        Err(unknown())
    }

    async fn take_back(&self, session: SessionRef, request_time: RequestTime) -> Result<(), PortError> {
        let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
        self.sessions.end(&end, request_time).await.map(drop)
    }
}

fn may_continue(user: &User, holder: LegacyHolder) -> bool {
    user.is_active() && user.tenant_id == holder.tenant_id
}
