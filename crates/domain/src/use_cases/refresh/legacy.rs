//! The exchange of a legacy refresh token for the first tokens of a new session.

use std::time::Duration;

use super::attempt::{Attempt, Caller};
use super::command::{RefreshError, RefreshKind, Refreshed};
use super::rejection::RefreshRejection;
use crate::model::{
    EndReason, EndSession, LegacyClaim, LegacyHolder, LegacyRefreshToken, NewSession, Predecessor,
    RefreshToken, RefreshTokenDigest, RequestTime, SessionRef, TokenPair, User,
};
use crate::ports::{
    LegacyRefreshTokens, PortError, PortErrorKind, SessionStore, UserRepository, random_bytes,
};
use crate::use_cases::issue::Issuer;

/// How long an exchange may take, from its request to the consumption of the token.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(2);
/// The age at which the claim of an exchange that died is replaced. An exchange that replaces one found the token alive at
/// most one timeout before, when the deadline of the other one had passed: so the other one has not consumed it.
const DEAD_AFTER: Duration = Duration::from_secs(4);

/// The ports of an exchange.
pub(super) struct Exchange<'a> {
    pub(super) tokens: &'a dyn LegacyRefreshTokens,
    pub(super) users: &'a dyn UserRepository,
    pub(super) sessions: &'a dyn SessionStore,
    pub(super) issuer: &'a Issuer,
}

/// The result of an exchange.
pub(super) enum Exchanged {
    /// This call has consumed the token.
    Opened(Refreshed),
    /// An earlier or concurrent call has consumed the token. It is the predecessor in the session of that call.
    Before(Attempt),
}

impl Exchange<'_> {
    /// Claims the token, opens the session, and consumes the token last. A call that finds the claim of another one waits
    /// until that one has consumed the token.
    pub(super) async fn run(
        &self,
        presented: &LegacyRefreshToken,
        caller: Caller<'_>,
    ) -> Result<Exchanged, RefreshError> {
        let request_time = caller.request_time.at_most(EXCHANGE_TIMEOUT);
        let Some(holder) = self.tokens.find(presented, request_time).await? else {
            let before = self.tokens.successor(presented, request_time).await?;
            return self.before(before.ok_or_else(unknown)?, presented, caller);
        };
        let user = self.users.find_by_id(holder.user_id, request_time).await?;
        let user = user.filter(|user| may_continue(user, holder)).ok_or_else(unknown)?;

        let (session, tokens) = self.new_session(presented, &user, caller)?;
        let own = session.refresh_token.session;
        match self.tokens.claim(presented, own, DEAD_AFTER, request_time).await? {
            LegacyClaim::Own { replaced } => {
                let refreshed = self.complete(presented, holder, &session, tokens, request_time).await?;
                if let Some(session_id) = replaced {
                    // An error does not fail the exchange: the session only takes a place until it expires.
                    drop(self.end(SessionRef { session_id, ..own }, request_time).await);
                }
                Ok(Exchanged::Opened(refreshed))
            }
            LegacyClaim::Other(session_id) => {
                if self.tokens.wait_until_consumed(presented, request_time).await? {
                    return self.before(SessionRef { session_id, ..own }, presented, caller);
                }
                Err(PortError::overloaded("another call exchanges the legacy token and does not finish")
                    .into())
            }
            LegacyClaim::Rejected => Err(unknown()),
        }
    }

    /// The attempt to get the successor of a token that was exchanged for `session`.
    fn before(
        &self,
        session: SessionRef,
        presented: &LegacyRefreshToken,
        caller: Caller<'_>,
    ) -> Result<Exchanged, RefreshError> {
        let digest = RefreshTokenDigest { session, value: presented.digest() };
        // It never becomes current, because the presented token was used.
        let successor = RefreshToken::first(session.user_id, &*random_bytes(&*self.issuer.entropy)?);
        Ok(Exchanged::Before(Attempt::new(digest, presented.expose().as_bytes(), successor, caller)))
    }

    /// The new session, whose first refresh token is the successor of the presented token.
    fn new_session(
        &self,
        presented: &LegacyRefreshToken,
        user: &User,
        caller: Caller<'_>,
    ) -> Result<(NewSession, TokenPair), PortError> {
        let (session, tokens) = self.issuer.first(user, caller.request_time)?;
        let retry_key = caller.retry_key(presented.expose().as_bytes());
        let predecessor = Predecessor {
            digest: presented.digest(),
            retry: self.issuer.seal(retry_key.as_ref(), &tokens.refresh_token)?,
            presented_from: caller.client,
        };
        Ok((NewSession { predecessor: Some(predecessor), ..session }, tokens))
    }

    async fn complete(
        &self,
        presented: &LegacyRefreshToken,
        holder: LegacyHolder,
        session: &NewSession,
        tokens: TokenPair,
        request_time: RequestTime,
    ) -> Result<Refreshed, RefreshError> {
        let consumed = match self.sessions.open(session, request_time).await {
            Ok(()) => self.tokens.consume(presented, holder, request_time).await,
            Err(error) => Err(error),
        };
        match consumed {
            Ok(true) => return Ok(Refreshed { tokens, kind: RefreshKind::Rotated }),
            // Perhaps consumed. A repeat of the call finds the session.
            Err(error) if error.kind() == PortErrorKind::Unanswered => return Err(error.into()),
            Ok(false) | Err(_) => {}
        }
        let own = session.refresh_token.session;
        self.end(own, request_time).await?;
        self.tokens.release(presented, own, request_time).await?;
        consumed?;
        Err(unknown())
    }

    /// Ends a session that no client knows. After an error it stays open.
    async fn end(&self, session: SessionRef, request_time: RequestTime) -> Result<(), PortError> {
        let end = EndSession { session, reason: EndReason::Revoked, also_revoke: None };
        self.sessions.end(&end, request_time).await.map(drop).map_err(PortError::into_unanswered)
    }
}

const fn unknown() -> RefreshError {
    RefreshError::without_session(RefreshRejection::Unknown)
}

fn may_continue(user: &User, holder: LegacyHolder) -> bool {
    user.is_active() && user.tenant_id == holder.tenant_id
}
