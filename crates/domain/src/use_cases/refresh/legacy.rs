//! A refresh token of the former service, exchanged for the first pair of a new session.

use super::{Refresh, RefreshError, RefreshRefusal, Refreshed, refused_stranger};
use crate::model::{EndReason, LegacyHolder, LegacyRefreshToken, SessionRef, Timing, User};
use crate::ports::{EndSession, PortError};

impl Refresh {
    /// Opens the session first and consumes the token last: whoever loses the race for it, or comes too
    /// late, ends the session that he opened.
    pub(super) async fn exchange(
        &self,
        presented: &LegacyRefreshToken,
        timing: Timing,
    ) -> Result<Refreshed, RefreshError> {
        let unknown = || refused_stranger(RefreshRefusal::Unknown);
        let legacy = self.legacy.as_deref().ok_or_else(unknown)?;
        let holder = legacy.find(presented, timing).await?.ok_or_else(unknown)?;
        let user = self.users.find_by_id(holder.user_id, timing).await?;
        let user = user.filter(|user| may_continue(user, holder)).ok_or_else(unknown)?;

        let (session, tokens) = self.issuer.first(&user, timing)?;
        self.sessions.open(&session, timing).await?;
        let consumed = legacy.consume(presented, user.id, timing).await;
        if matches!(consumed, Ok(true)) {
            return Ok(Refreshed { tokens, replayed: false });
        }
        let ended = self.take_back(session.refresh_token.session, timing).await;
        consumed?;
        ended?;
        Err(unknown())
    }

    async fn take_back(&self, session: SessionRef, timing: Timing) -> Result<(), PortError> {
        let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
        self.sessions.end(&end, timing).await.map(drop)
    }
}

fn may_continue(user: &User, holder: LegacyHolder) -> bool {
    user.is_active() && user.tenant_id == holder.tenant_id
}
