//! Refresh tokens of the platform's former service.

use async_trait::async_trait;
use auth_domain::model::{Ending, LegacyHolder, LegacyRefreshToken, LiveAccessToken, RequestTime, UserId};
use auth_domain::ports::{LegacyRefreshTokens, PortError};

use crate::denylist::life_in_millis;
use crate::error::contradiction;
use crate::keys;
use crate::scripts::{CONSUME_LEGACY, END_LEGACY};
use crate::step::Step;
use crate::store::RedisStore;

/// The [`LegacyRefreshTokens`] where the former service keeps them.
///
/// Its keys carry no user in braces, so on a cluster they would not share a slot with ours; it has never run on one.
#[derive(Clone)]
pub struct RedisLegacyRefreshTokens {
    store: RedisStore,
}

impl RedisLegacyRefreshTokens {
    /// Uses a store.
    #[must_use]
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone() }
    }

    async fn is_rejected(&self, holder: UserId, request_time: RequestTime) -> Result<bool, PortError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(keys::legacy_rejected(holder));
        Ok(self.store.ask(&exists, request_time).await?)
    }
}

#[async_trait]
impl LegacyRefreshTokens for RedisLegacyRefreshTokens {
    async fn find(
        &self,
        token: &LegacyRefreshToken,
        request_time: RequestTime,
    ) -> Result<Option<LegacyHolder>, PortError> {
        let mut get = redis::cmd("GET");
        get.arg(keys::legacy_refresh(token));
        let Some(stored) = self.store.ask::<Option<String>>(&get, request_time).await? else {
            return Ok(None);
        };
        let holder = parse(&stored)?;
        Ok(if self.is_rejected(holder.user_id, request_time).await? { None } else { Some(holder) })
    }

    async fn consume(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        request_time: RequestTime,
    ) -> Result<bool, PortError> {
        // The mark is looked at in the same step, and after the caller has opened his session: whoever rejects the
        // holder's tokens later finds that.
        let consumed = [keys::legacy_refresh(token), keys::legacy_rejected(holder)];
        let step = Step::new(&CONSUME_LEGACY, &consumed.each_ref().map(String::as_str));
        Ok(self.store.run(&step, request_time).await?.text()? == "consumed")
    }

    async fn end(
        &self,
        token: &LegacyRefreshToken,
        holder: UserId,
        also_revoke: LiveAccessToken,
        request_time: RequestTime,
    ) -> Result<Ending, PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let life = life_in_millis(&self.store, also_revoke, request_time).unwrap_or(0);
        let step = Step::new(&END_LEGACY, &[&keys::legacy_refresh(token), &keys::revoked(also_revoke.id)])
            .at_any_clock()
            .arg(holder.to_string())
            .arg(life);
        match self.store.run(&step, request_time).await?.text()?.as_str() {
            "ended" => {
                self.store.note_revoked(std::iter::once((also_revoke.id, life)));
                Ok(Ending::Ended)
            }
            _ => Ok(Ending::Unknown),
        }
    }
}

/// Reads `<user id>|<tenant id>`.
fn parse(stored: &str) -> Result<LegacyHolder, PortError> {
    let holder = stored.split_once('|').and_then(|(user, tenant)| {
        Some(LegacyHolder { user_id: user.parse().ok()?, tenant_id: tenant.parse().ok()? })
    });
    holder.ok_or_else(|| contradiction("a token of the former service has no holder"))
}
