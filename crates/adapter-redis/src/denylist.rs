//! Revoked access tokens.

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, Timing, TokenId, micros, span_in_micros};
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
    async fn contains(&self, id: TokenId, timing: Timing) -> Result<bool, PortError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(keys::revoked(id));
        Ok(self.store.ask_primary(exists, timing).await?)
    }

    async fn add(&self, token: LiveAccessToken, timing: Timing) -> Result<(), PortError> {
        let timing = self.store.on_server_clock(timing).await?;
        let Some(life) = life_in_millis(&self.store, token, timing) else { return Ok(()) };
        let step = Step::new(&REVOKE, &[&keys::revoked(token.id)]).at_any_clock().arg(life);
        self.store.run(&step, timing).await?;
        self.store.note_revoked(std::iter::once((token.id, life)));
        Ok(())
    }
}

/// How long the entry of a token has to live: longer than any verifier accepts it. `None` where none does any more.
pub(crate) fn life_in_millis(store: &RedisStore, token: LiveAccessToken, timing: Timing) -> Option<i64> {
    let margin = span_in_micros(store.config().denylist_margin);
    let until = micros(token.expires_at).saturating_add(margin);
    let left = until.saturating_sub(micros(timing.now()));
    (left > 0).then(|| left.saturating_add(999) / 1_000)
}
