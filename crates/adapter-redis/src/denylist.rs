//! Revoked access tokens.

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{Denylist, PortError};

use crate::keys;
use crate::scripts::REVOKE;
use crate::step::Step;
use crate::store::RedisStore;

/// The [`Denylist`] in Redis, under the keys that every endpoint of the platform asks for.
#[derive(Clone)]
pub struct RedisDenylist {
    store: RedisStore,
}

impl RedisDenylist {
    /// Uses a store.
    #[must_use]
    pub fn new(store: &RedisStore) -> Self {
        Self { store: store.clone() }
    }
}

#[async_trait]
impl Denylist for RedisDenylist {
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(keys::revoked(id));
        Ok(self.store.ask_primary(exists, request_time).await?)
    }

    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        let request_time = self.store.on_server_clock(request_time).await?;
        let Some(life) = life_in_millis(&self.store, token, request_time) else { return Ok(()) };
        let step = Step::new(&REVOKE, &[&keys::revoked(token.id)]).at_any_clock().arg(life);
        self.store.run(&step, request_time).await?;
        self.store.note_revoked(std::iter::once((token.id, life)));
        Ok(())
    }
}

/// How long the entry of a token has to live: longer than any verifier accepts it. `None` where none does any more.
pub(crate) fn life_in_millis(
    store: &RedisStore,
    token: LiveAccessToken,
    request_time: RequestTime,
) -> Option<i64> {
    let margin = to_microseconds(store.config().denylist_margin);
    let until = to_unix_microseconds(token.expires_at).saturating_add(margin);
    let left = until.saturating_sub(to_unix_microseconds(request_time.now()));
    (left > 0).then(|| left.saturating_add(999) / 1_000)
}
