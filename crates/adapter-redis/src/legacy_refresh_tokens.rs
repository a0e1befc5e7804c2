//! Refresh tokens of the legacy service.

mod stored;

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{
    Ending, LegacyClaim, LegacyHolder, LegacyRefreshToken, LiveAccessToken, RequestTime, SessionRef, UserId,
    to_microseconds,
};
use auth_domain::observation::Operation;
use auth_domain::ports::{Denylist, LegacyRefreshTokens, PortError};
use tracing::instrument;

use crate::denylist::{RedisDenylist, RevocationPolicy};
use crate::error::unexpected_reply;
use crate::keys;
use crate::script_call::ScriptCall;
use crate::scripts::{CLAIM_LEGACY, CONSUME_LEGACY, RELEASE_LEGACY, STORE_LEGACY_HOLDER};
use crate::store::RedisStore;
use stored::{claimed_session, holder, session_id};

/// The lifetime of refresh tokens of the legacy service, in milliseconds. What they were exchanged for is kept as long.
pub(crate) const LEGACY_TOKEN_LIFETIME: i64 = 7 * 24 * 60 * 60 * 1_000;
/// The pause between two looks at a token that another call exchanges.
const POLL_PAUSE: Duration = Duration::from_millis(25);

/// The [`LegacyRefreshTokens`] in the Redis of the legacy service.
///
/// Each step is one command or script on the keys of one slot of a cluster: the token, its holder, or the keys of the user.
/// The order of the steps lets a repeat complete a call that failed in between.
#[derive(Clone)]
pub struct RedisLegacyRefreshTokens {
    store: RedisStore,
    denylist: RedisDenylist,
}

impl RedisLegacyRefreshTokens {
    /// Creates the port on a store.
    #[must_use]
    pub fn new(store: &RedisStore, policy: RevocationPolicy) -> Self {
        Self { store: store.clone(), denylist: RedisDenylist::new(store, policy) }
    }

    async fn get(&self, key: String, request_time: RequestTime) -> Result<Option<String>, PortError> {
        let mut get = redis::cmd("GET");
        get.arg(key);
        Ok(self
            .store
            .connections()
            .during(Operation::Legacy)
            .query_primary(get, request_time.deadline())
            .await?)
    }

    async fn is_rejected(&self, user: UserId, request_time: RequestTime) -> Result<bool, PortError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(keys::legacy_rejected(user));
        Ok(self
            .store
            .connections()
            .during(Operation::Legacy)
            .query_primary(exists, request_time.deadline())
            .await?)
    }

    /// Stores the holder, and consumes the token after that. So a call that finds no token can find its holder.
    async fn delete(&self, steps: [ScriptCall; 2], request_time: RequestTime) -> Result<bool, PortError> {
        let [store_holder, consume] = steps;
        store_holder.run_until_answered(self.store.connections(), request_time).await?;
        let mut reply = consume.run_until_answered(self.store.connections(), request_time).await?;
        Ok(reply.text()? == "consumed")
    }

    /// The holder of a token that was deleted.
    async fn former_holder(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<LegacyHolder>, PortError> {
        let stored = self.get(keys::legacy_holder(token), request_time).await?;
        stored.as_deref().map(holder).transpose()
    }
}

#[async_trait]
impl LegacyRefreshTokens for RedisLegacyRefreshTokens {
    #[instrument(level = "debug", skip_all)]
    async fn find(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<LegacyHolder>, PortError> {
        let Some(stored) = self.get(keys::legacy_refresh(token), request_time).await? else {
            return Ok(None);
        };
        let holder = holder(&stored)?;
        let is_rejected = self.is_rejected(holder.user_id, request_time).await?;
        Ok((!is_rejected).then_some(holder))
    }

    #[instrument(level = "debug", skip_all)]
    async fn claim(
        &self,
        token: &LegacyRefreshToken,
        session: SessionRef,
        dead_after: Duration,
        request_time: RequestTime,
    ) -> Result<LegacyClaim, PortError> {
        let keys = [keys::legacy_successor(token, session.user_id), keys::legacy_rejected(session.user_id)];
        let call = ScriptCall::new(&CLAIM_LEGACY, &keys.each_ref().map(String::as_str))
            .at_any_clock()
            .arg(session.session_id.to_string())
            .arg(to_microseconds(dead_after))
            .arg(LEGACY_TOKEN_LIFETIME);
        let mut reply = call.run_until_answered(self.store.connections(), request_time).await?;
        match reply.text()?.as_str() {
            "own" => {
                let replaced = reply.text()?;
                let is_replaced = !replaced.is_empty();
                Ok(LegacyClaim::Own { replaced: is_replaced.then(|| session_id(&replaced)).transpose()? })
            }
            "other" => Ok(LegacyClaim::Other(reply.session_id()?)),
            "rejected" => Ok(LegacyClaim::Rejected),
            _ => Err(unexpected_reply("an unknown outcome of a claim")),
        }
    }

    #[instrument(level = "debug", skip_all)]
    async fn release(
        &self,
        token: &LegacyRefreshToken,
        session: SessionRef,
        request_time: RequestTime,
    ) -> Result<(), PortError> {
        let call = ScriptCall::new(&RELEASE_LEGACY, &[&keys::legacy_successor(token, session.user_id)])
            .at_any_clock()
            .arg(session.session_id.to_string());
        call.run_until_answered(self.store.connections(), request_time).await?;
        Ok(())
    }

    #[instrument(level = "debug", skip_all)]
    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: LegacyHolder,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        // Read after the session was opened: `end_all` either sets the mark before, or finds the session.
        if self.is_rejected(holder.user_id, request_time).await? {
            return Ok(false);
        }
        self.delete(deletion(token, holder), request_time).await
    }

    #[instrument(level = "debug", skip_all)]
    async fn successor(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<SessionRef>, PortError> {
        let Some(holder) = self.former_holder(token, request_time).await? else { return Ok(None) };
        if self.get(keys::legacy_refresh(token), request_time).await?.is_some() {
            return Ok(None);
        }
        let user_id = holder.user_id;
        let claim = self.get(keys::legacy_successor(token, user_id), request_time).await?;
        let session_id = claim.as_deref().map(claimed_session).transpose()?;
        Ok(session_id.map(|session_id| SessionRef { user_id, session_id }))
    }

    #[instrument(level = "debug", skip_all)]
    async fn wait_until_consumed(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        let clock = self.store.clock();
        let deadline = request_time.deadline();
        while self.get(keys::legacy_refresh(token), request_time).await?.is_some() {
            clock.sleep_until(deadline.min(clock.instant() + POLL_PAUSE)).await;
            if clock.instant() >= deadline {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[instrument(level = "debug", skip_all)]
    async fn end(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        also_revoke: LiveAccessToken,
        request_time: RequestTime,
    ) -> Result<Ending, PortError> {
        let live = self.get(keys::legacy_refresh(token), request_time).await?;
        let is_live = live.is_some();
        let of = match live {
            Some(live) => Some(self::holder(&live)?),
            None => self.former_holder(token, request_time).await?,
        };
        let Some(of) = of.filter(|of| of.user_id == holder) else { return Ok(Ending::Unknown) };
        if is_live {
            self.delete(deletion(token, of).map(ScriptCall::at_any_clock), request_time).await?;
        }
        // Last, because a client without an answer needs it to repeat the logout.
        let revoked = self.denylist.add(also_revoke, request_time).await;
        revoked.map_err(PortError::into_unanswered)?;
        Ok(Ending::Ended)
    }
}

/// The steps that delete a token of `holder`.
fn deletion(token: &LegacyRefreshToken, holder: LegacyHolder) -> [ScriptCall; 2] {
    let store_holder = ScriptCall::new(&STORE_LEGACY_HOLDER, &[&keys::legacy_holder(token)])
        .arg(stored::text(holder))
        .arg(LEGACY_TOKEN_LIFETIME);
    [store_holder, ScriptCall::new(&CONSUME_LEGACY, &[&keys::legacy_refresh(token)])]
}
