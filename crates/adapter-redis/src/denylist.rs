//! Revoked access tokens.

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, Timing, TokenId, micros, span_in_micros};
use auth_domain::ports::{Denylist, PortError};

use crate::error::StepError;
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
        Ok(self.store.ask(&exists, timing).await?)
    }

    async fn add(&self, token: LiveAccessToken, timing: Timing) -> Result<(), PortError> {
        let steps: Vec<_> = revocation(&self.store, token, timing).into_iter().collect();
        Ok(self.store.run_all(&steps, timing).await?)
    }
}

/// Puts a token into the denylist, and those before it: each of `tokens` once; `then` comes last.
pub(crate) async fn revoke_all(
    store: &RedisStore,
    tokens: impl IntoIterator<Item = LiveAccessToken>,
    then: impl IntoIterator<Item = Step>,
    last: Option<LiveAccessToken>,
    timing: Timing,
) -> Result<(), StepError> {
    let tokens = tokens.into_iter().filter_map(|token| revocation(store, token, timing));
    let last = last.and_then(|token| revocation(store, token, timing));
    let steps: Vec<_> = tokens.chain(then).chain(last).collect();
    store.run_all(&steps, timing).await
}

/// The step that revokes a token; `None` where no verifier accepts it any more.
fn revocation(store: &RedisStore, token: LiveAccessToken, timing: Timing) -> Option<Step> {
    let life = life_in_millis(store, token, timing)?;
    Some(Step::new(&REVOKE, &[&keys::revoked(token.id)]).arg(life))
}

/// How long the entry of a token has to live: longer than any verifier accepts it.
pub(crate) fn life_in_millis(store: &RedisStore, token: LiveAccessToken, timing: Timing) -> Option<i64> {
    let margin = span_in_micros(store.config().denylist_margin);
    let until = micros(token.expires_at).saturating_add(margin);
    let left = until.saturating_sub(micros(timing.now()));
    (left > 0).then(|| left.saturating_add(999) / 1_000)
}
