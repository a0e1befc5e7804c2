//! Revoked access tokens.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::model::{LiveAccessToken, RequestTime, TokenId, to_microseconds, to_unix_microseconds};
use auth_domain::ports::{Clock, Denylist, PortError};
use tracing::instrument;

use crate::keys;
use crate::script_call::ScriptCall;
use crate::scripts::REVOKE;
use crate::store::RedisStore;
use crate::topology::Destination;

/// For how long revoked access tokens and ended sessions are remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationPolicy {
    /// The lifetime of access tokens.
    pub access_ttl: Duration,
    /// How long a denylist entry outlives its token, because other verifiers allow for clock skew.
    pub denylist_margin: Duration,
}

/// The [`Denylist`] in Redis, under the keys that every endpoint of the HookSentry platform reads.
#[derive(Clone)]
pub struct RedisDenylist {
    store: RedisStore,
    policy: RevocationPolicy,
}

impl RevocationPolicy {
    /// Returns the longest lifetime of a denylist entry.
    pub(crate) const fn max_entry_lifetime(self) -> Duration {
        self.access_ttl.saturating_add(self.denylist_margin)
    }

    /// Returns the lifetime of a token's entry in milliseconds; `None` if no verifier accepts the token any more.
    pub(crate) fn entry_lifetime(self, token: LiveAccessToken, request_time: RequestTime) -> Option<i64> {
        let margin = to_microseconds(self.denylist_margin);
        let until = to_unix_microseconds(token.expires_at).saturating_add(margin);
        let left = until.saturating_sub(to_unix_microseconds(request_time.now()));
        (left > 0).then(|| left.saturating_add(999) / 1_000)
    }
}

impl RedisDenylist {
    /// Creates the port on a store.
    #[must_use]
    pub fn new(store: &RedisStore, policy: RevocationPolicy) -> Self {
        Self { store: store.clone(), policy }
    }

    /// Returns the same port over the connections of another handle.
    pub(crate) fn on(&self, store: &RedisStore) -> Self {
        Self::new(store, self.policy)
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &**self.store.clock()
    }
}

#[async_trait]
impl Denylist for RedisDenylist {
    #[instrument(level = "debug", skip_all)]
    async fn contains(&self, id: TokenId, request_time: RequestTime) -> Result<bool, PortError> {
        let deadline = request_time.deadline();
        let is_revoked = self.store.revocation_checks().is_revoked(id, deadline).await?;
        if !is_revoked {
            let key = self.store.is_cluster().then(|| keys::revoked(id));
            let server = key.as_deref().map_or(Destination::Any, Destination::Key);
            self.store.connections().check_not_behind(server, deadline).await?;
            self.store.connections().topology.isolation.check()?;
        }
        Ok(is_revoked)
    }

    #[instrument(level = "debug", skip_all)]
    async fn add(&self, token: LiveAccessToken, request_time: RequestTime) -> Result<(), PortError> {
        let key = keys::revoked(token.id);
        let request_time = self.store.on_server_clock(&key, request_time).await?;
        let Some(lifetime) = self.policy.entry_lifetime(token, request_time) else { return Ok(()) };
        let call = ScriptCall::new(&REVOKE, &[&key]).at_any_clock().arg(lifetime);
        call.run_until_answered(self.store.connections(), request_time).await?;
        self.store.cache_revoked(std::iter::once((token.id, lifetime)));
        Ok(())
    }
}
