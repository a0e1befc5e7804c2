//! Refresh tokens of the legacy service.

use async_trait::async_trait;
use auth_domain::model::{Ending, LegacyHolder, LegacyRefreshToken, LiveAccessToken, RequestTime, UserId};
use auth_domain::ports::{LegacyRefreshTokens, PortError};
use tracing::instrument;

use crate::denylist::RevocationPolicy;
use crate::error::unexpected_reply;
use crate::keys;
use crate::script_call::ScriptCall;
use crate::scripts::{CONSUME_LEGACY, END_LEGACY};
use crate::store::RedisStore;

/// The [`LegacyRefreshTokens`] in the Redis of the legacy service.
///
/// The keys of the legacy service have no hash tag, so on a cluster they would not share a slot with ours. The legacy
/// service never ran on a cluster.
#[derive(Clone)]
pub struct RedisLegacyRefreshTokens {
    store: RedisStore,
    policy: RevocationPolicy,
}

impl RedisLegacyRefreshTokens {
    /// Creates the port on a store.
    #[must_use]
    pub fn new(store: &RedisStore, policy: RevocationPolicy) -> Self {
        Self { store: store.clone(), policy }
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
        let mut get = redis::cmd("GET");
        get.arg(keys::legacy_refresh(token));
        let Some(stored) = self.store.query::<Option<String>>(&get, request_time).await? else {
            return Ok(None);
        };
        let holder = parse(&stored)?;
        let mut exists = redis::cmd("EXISTS");
        exists.arg(keys::legacy_rejected(holder.user_id));
        let is_rejected: bool = self.store.query(&exists, request_time).await?;
        Ok((!is_rejected).then_some(holder))
    }

    #[instrument(level = "debug", skip_all)]
    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        // The same script reads the mark, after the caller has opened the new session: `end_all` either sets the mark
        // before, or finds the session.
        let keys = [keys::legacy_refresh(token), keys::legacy_rejected(holder)];
        let call = ScriptCall::new(&CONSUME_LEGACY, &keys.each_ref().map(String::as_str));
        Ok(call.run(self.store.connections(), request_time).await?.text()? == "consumed")
    }

    #[instrument(level = "debug", skip_all)]
    async fn end(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        also_revoke: LiveAccessToken,
        request_time: RequestTime,
    ) -> Result<Ending, PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let lifetime = self.policy.entry_lifetime(also_revoke, request_time).unwrap_or(0);
        let keys = [keys::legacy_refresh(token), keys::revoked(also_revoke.id)];
        let call = ScriptCall::new(&END_LEGACY, &keys.each_ref().map(String::as_str))
            .at_any_clock()
            .arg(holder.to_string())
            .arg(lifetime);
        if call.run(self.store.connections(), request_time).await?.text()? != "ended" {
            return Ok(Ending::Unknown);
        }
        self.store.cache_revoked(std::iter::once((also_revoke.id, lifetime)));
        Ok(Ending::Ended)
    }
}

/// Reads `<user id>|<tenant id>`.
fn parse(stored: &str) -> Result<LegacyHolder, PortError> {
    let holder = stored.split_once('|').and_then(|(user, tenant)| {
        Some(LegacyHolder { user_id: user.parse().ok()?, tenant_id: tenant.parse().ok()? })
    });
    holder.ok_or_else(|| unexpected_reply("a refresh token of the legacy service has no holder"))
}
