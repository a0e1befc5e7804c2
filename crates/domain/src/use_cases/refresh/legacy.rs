//! The exchange of a legacy refresh token for the first tokens of a new session.

use super::command::{RefreshError, RefreshKind, RefreshRejection, Refreshed};
use crate::model::{EndReason, EndSession, LegacyHolder, LegacyRefreshToken, RequestTime, SessionRef, User};
use crate::ports::{LegacyRefreshTokens, PortError, SessionStore, UserRepository};
use crate::use_cases::issue::Issuer;

/// The ports of an exchange.
pub(super) struct Exchange<'a> {
    pub(super) tokens: &'a dyn LegacyRefreshTokens,
    pub(super) users: &'a dyn UserRepository,
    pub(super) sessions: &'a dyn SessionStore,
    pub(super) issuer: &'a Issuer,
}

impl Exchange<'_> {
    /// Opens the session first and consumes the token last. If the token was consumed by another call meanwhile, the new
    /// session ends.
    pub(super) async fn run(
        &self,
        presented: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Refreshed, RefreshError> {
        let unknown = || RefreshError::without_session(RefreshRejection::Unknown);
        let holder = self.tokens.find(presented, request_time).await?.ok_or_else(unknown)?;
        let user = self.users.find_by_id(holder.user_id, request_time).await?;
        let user = user.filter(|user| may_continue(user, holder)).ok_or_else(unknown)?;

        let (session, tokens) = self.issuer.first(&user, request_time)?;
        self.sessions.open(&session, request_time).await?;
        let consumed = self.tokens.consume(presented, user.id, request_time).await;
        if matches!(consumed, Ok(true)) {
            return Ok(Refreshed { tokens, kind: RefreshKind::Rotated });
        }
        let ended = self.end(session.refresh_token.session, request_time).await;
        consumed?;
        ended?;
        Err(unknown())
    }

    async fn end(&self, session: SessionRef, request_time: RequestTime) -> Result<(), PortError> {
        let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
        self.sessions.end(&end, request_time).await.map(drop)
    }
}

fn may_continue(user: &User, holder: LegacyHolder) -> bool {
    user.is_active() && user.tenant_id == holder.tenant_id
}
